import Anser
import Foundation
import XCTest

final class QuickStartTests: XCTestCase {
    func testTheQuickStartRuns() async throws {
        let server = Server.shared
        let (alice, bob) = server.pair()
        let other = try Client(options: ClientOptions(appKey: server.info.app_key, navigation: server.info.navi))
        try await other.connect(token: server.info.tokens[bob]!)
        let note = try await other.messages.sendText("Hello back", to: .privateChat(alice))
        try await other.messages.waitSent(note.id)
        other.close()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        let answer = try await quickStart(
            navigation: server.info.navi, appKey: server.info.app_key, token: server.info.tokens[alice]!,
            dataDir: folder, to: bob)
        XCTAssertEqual(answer, "{\"content\":\"Hello back\",\"extra\":\"\"}")
    }
}
