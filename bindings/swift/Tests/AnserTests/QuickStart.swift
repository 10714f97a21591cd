// The quick start of the README, word for word; QuickStartTests runs it.

import Anser

/// Says hello and returns the content of the first message that comes back.
func quickStart(navigation: String, appKey: String, token: String, dataDir: String, to: String) async throws
    -> String?
{
    let client = try Client(
        options: ClientOptions(appKey: appKey, navigation: navigation, dataDir: dataDir))
    defer { client.close() }
    let events = client.messageEvents()
    print("I am \(try await client.connect(token: token))")
    let hello = try await client.messages.sendText("Hello from Swift 🪿", to: .privateChat(to))
    print("sent at \(try await client.messages.waitSent(hello.id).sentTime)")
    for await event in events {
        if case .received(let messages) = event { return messages.first?.content }
    }
    return nil
}
