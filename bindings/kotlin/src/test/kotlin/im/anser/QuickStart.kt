/** The quick start of the README, word for word; QuickStartTest runs it. */
package im.anser

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first

/** Says hello and returns the text of the first message that comes back. */
suspend fun quickStart(navigation: String, appKey: String, token: String, dataDir: String, to: String): String =
    Client(ClientOptions(appKey, navigation, dataDir)).use { client ->
        coroutineScope {
            val answer = async(start = CoroutineStart.UNDISPATCHED) { client.received.first() }
            println("I am ${client.connect(token)}")
            val hello = client.messages.sendText(privateChat(to), "Hello from Kotlin 🪿")
            println("sent at ${client.messages.waitSent(hello.id).sentTime}")
            when (val content = answer.await().body) {
                is Content.Text -> content.text
                else -> "something that is not text: ${content.json}"
            }
        }
    }
