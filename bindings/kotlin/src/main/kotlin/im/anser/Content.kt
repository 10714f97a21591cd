/**
 * What messages say. Content travels as JSON text and is kept byte for byte; the types here read and write
 * the built-in kinds. A kind without a type here, or JSON that does not fit its kind, is [Content.Other].
 */
package im.anser

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.longOrNull

/** Content of the kind [objectName] with the JSON text [json]. Equal if both are. */
sealed class Content(val objectName: String, val json: String) {
    override fun equals(other: Any?) =
        other is Content && other.objectName == objectName && other.json == json

    override fun hashCode() = 31 * objectName.hashCode() + json.hashCode()

    /** Names the kind only: what messages say does not belong in logs. */
    override fun toString() = "Content($objectName)"

    /** An app's own or an unknown kind: its JSON stays untouched. */
    class Other(objectName: String, json: String) : Content(objectName, json)

    /** A kind that is known here. [fields] has every key, also those without a property. */
    sealed class Typed(objectName: String, val fields: JsonObject, json: String) : Content(objectName, json) {
        /** The sender's own note. */
        val extra: String? get() = text("extra")

        internal fun text(key: String) = (fields[key] as? JsonPrimitive)?.contentOrNull
        internal fun number(key: String) = (fields[key] as? JsonPrimitive)?.longOrNull
        internal fun real(key: String) = (fields[key] as? JsonPrimitive)?.doubleOrNull
    }

    /** Text. */
    class Text internal constructor(fields: JsonObject, json: String) : Typed("RC:TxtMsg", fields, json) {
        constructor(text: String, extra: String? = null) : this(fields("content" to text, "extra" to extra))
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val text get() = text("content").orEmpty()
    }

    /** A picture: its thumbnail in base64 and its address. */
    class Image internal constructor(fields: JsonObject, json: String) : Typed("RC:ImgMsg", fields, json) {
        constructor(thumbnail: String, uri: String?, extra: String? = null) :
            this(fields("content" to thumbnail, "imageUri" to uri, "extra" to extra))
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val thumbnail get() = text("content").orEmpty()
        val uri get() = text("imageUri")
    }

    /** A moving picture. */
    class Gif internal constructor(fields: JsonObject, json: String) : Typed("RC:GIFMsg", fields, json) {
        constructor(size: Long, url: String?, width: Int, height: Int, extra: String? = null) : this(
            fields("gifDataSize" to size, "remoteUrl" to url, "width" to width, "height" to height, "extra" to extra),
        )
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val size get() = number("gifDataSize") ?: 0
        val url get() = text("remoteUrl")
        val width get() = number("width")?.toInt() ?: 0
        val height get() = number("height")?.toInt() ?: 0
    }

    /** A short recording inside the message, base64 of AMR. */
    class Voice internal constructor(fields: JsonObject, json: String) : Typed("RC:VcMsg", fields, json) {
        constructor(recording: String, seconds: Long, extra: String? = null) :
            this(fields("content" to recording, "duration" to seconds, "extra" to extra))
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val recording get() = text("content").orEmpty()
        val seconds get() = number("duration") ?: 0
    }

    /** A file. */
    class File internal constructor(fields: JsonObject, json: String) : Typed("RC:FileMsg", fields, json) {
        constructor(name: String, size: Long, type: String?, url: String?, extra: String? = null) :
            this(fields("name" to name, "size" to size, "type" to type, "fileUrl" to url, "extra" to extra))
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val name get() = text("name")
        val size get() = number("size")
        val type get() = text("type")
        val url get() = text("fileUrl")
    }

    /** A short film: thumbnail in base64, address, seconds, bytes. */
    class Sight internal constructor(fields: JsonObject, json: String) : Typed("RC:SightMsg", fields, json) {
        constructor(thumbnail: String, url: String?, seconds: Long, size: Long, name: String? = null) : this(
            fields("content" to thumbnail, "sightUrl" to url, "duration" to seconds, "size" to size, "name" to name),
        )
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val thumbnail get() = text("content").orEmpty()
        val url get() = text("sightUrl")
        val seconds get() = number("duration") ?: 0
        val size get() = number("size") ?: 0
        val name get() = text("name")
    }

    /** A place, in degrees. */
    class Location internal constructor(fields: JsonObject, json: String) : Typed("RC:LBSMsg", fields, json) {
        constructor(latitude: Double, longitude: Double, name: String, map: String? = null) : this(
            fields("latitude" to latitude, "longitude" to longitude, "poi" to name, "content" to map),
        )
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val latitude get() = real("latitude") ?: 0.0
        val longitude get() = real("longitude") ?: 0.0
        val name get() = text("poi").orEmpty()
        val map get() = text("content")
    }

    /** A grey line in the chat. */
    class Information internal constructor(fields: JsonObject, json: String) : Typed("RC:InfoNtf", fields, json) {
        constructor(message: String, extra: String? = null) : this(fields("message" to message, "extra" to extra))
        private constructor(fields: JsonObject) : this(fields, fields.toString())

        val message get() = text("message").orEmpty()
    }

    companion object {
        private class Kind(vararg val required: String, val make: (JsonObject, String) -> Content)

        private val kinds = mapOf(
            "RC:TxtMsg" to Kind("content") { fields, json -> Text(fields, json) },
            "RC:ImgMsg" to Kind("content") { fields, json -> Image(fields, json) },
            "RC:GIFMsg" to Kind("gifDataSize", "width", "height") { fields, json -> Gif(fields, json) },
            "RC:VcMsg" to Kind("content", "duration") { fields, json -> Voice(fields, json) },
            "RC:FileMsg" to Kind { fields, json -> File(fields, json) },
            "RC:SightMsg" to Kind("content", "duration", "size") { fields, json -> Sight(fields, json) },
            "RC:LBSMsg" to Kind("latitude", "longitude", "poi") { fields, json -> Location(fields, json) },
            "RC:InfoNtf" to Kind("message") { fields, json -> Information(fields, json) },
        )

        /** Reads content by its kind. Never throws: a broken message of a peer is shown, not lost. */
        fun read(objectName: String, json: String): Content {
            val kind = kinds[objectName]
            val fields = kind?.let { runCatching { Json.parseToJsonElement(json) }.getOrNull() as? JsonObject }
            val whole = fields != null && kind.required.all { fields[it] is JsonPrimitive }
            return if (whole) kind.make(fields, json) else Other(objectName, json)
        }
    }
}

/** A JSON object of these in this order; null means absent. */
private fun fields(vararg pairs: Pair<String, Any?>): JsonObject = JsonObject(
    pairs.mapNotNull { (key, value) ->
        when (value) {
            null -> null
            is Number -> key to JsonPrimitive(value)
            else -> key to JsonPrimitive(value.toString())
        }
    }.toMap(),
)
