/** Content is read by its kind, written in the web client's key order, and never lost. */
package im.anser

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ContentTest {
    private inline fun <reified T : Content> again(content: T): T {
        val read = Content.read(content.objectName, content.json)
        assertEquals(content, read)
        assertEquals(content.hashCode(), read.hashCode())
        return read as T
    }

    @Test
    fun `every kind reads what it wrote`() {
        again(Content.Text("hi 😀", "note")).run { assertEquals("hi 😀" to "note", text to extra) }
        again(Content.Image("aGk=", "u")).run { assertEquals("aGk=" to "u", thumbnail to uri) }
        again(Content.Gif(5, "u", 2, 3)).run { assertEquals(listOf<Any?>(5L, "u", 2, 3), listOf(size, url, width, height)) }
        again(Content.Voice("aGk=", 4)).run { assertEquals("aGk=" to 4L, recording to seconds) }
        again(Content.File("n", 5, "pdf", "u")).run { assertEquals(listOf<Any?>("n", 5L, "pdf", "u"), listOf(name, size, type, url)) }
        again(Content.Sight("t", "u", 6, 7, "n")).run {
            assertEquals(listOf<Any?>("t", "u", 6L, 7L, "n"), listOf(thumbnail, url, seconds, size, name))
        }
        again(Content.Location(1.5, -2.25, "here", "m")).run {
            assertEquals(listOf<Any?>(1.5, -2.25, "here", "m"), listOf(latitude, longitude, name, map))
        }
        again(Content.Information("joined")).run { assertEquals("joined", message) }
        again(Content.Other("app:x", "{ }"))
    }

    @Test
    fun `keys in the order of the web client`() {
        assertEquals("""{"content":"hi","extra":"note"}""", Content.Text("hi", "note").json)
        assertEquals("""{"content":"aGk=","imageUri":"u"}""", Content.Image("aGk=", "u").json)
    }

    @Test
    fun `what does not fit stays untouched`() {
        for (json in listOf("", "not json", """{"content":""", "[1,2]", """{"content":{"a":1}}""", "{}")) {
            val content = Content.read("RC:TxtMsg", json)
            assertTrue(content is Content.Other, json)
            assertEquals(json, content.json)
        }
        val newer = """{"content":"hi","burnDuration": 30}"""
        val read = Content.read("RC:TxtMsg", newer) as Content.Text
        assertEquals(newer, read.json)
        assertEquals("30", read.fields["burnDuration"].toString())
    }

    @Test
    fun `kinds differ, and logs never show what was said`() {
        assertNotEquals(Content.Other("a", "{}"), Content.Other("b", "{}"))
        assertFalse("secret" in Content.Text("secret").toString())
    }
}
