package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

class QuickStartTest {
    @Test
    fun `the README's quick start runs`(@TempDir folder: Path) = runBlocking {
        val (alice, bob) = Server.pair()
        // A note waits for the one who starts: the answer to the hello.
        Client(Server.options()).use { other ->
            other.connect(Server.token(bob))
            other.messages.waitSent(other.messages.sendText(privateChat(alice), "Hello back").id)
        }
        val answer =
            quickStart(Server.navigation, Server.appKey, Server.token(alice), folder.toString(), bob)
        assertEquals("Hello back", answer)
    }
}
