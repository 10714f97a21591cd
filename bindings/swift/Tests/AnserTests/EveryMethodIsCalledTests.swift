// Every public function and property of the facade's objects is used by these tests. Swift cannot count
// calls by name, so this reads the sources of both.

import XCTest

final class EveryMethodIsCalledTests: XCTestCase {
    func testEveryPublicMemberIsUsed() throws {
        let facade = try [
            "Client", "Messages", "History", "Conversations", "Receipts", "Settings", "Media", "Uploader", "Search",
            "Storage", "Events",
        ].map { try source("Sources/Anser/\($0).swift") }.joined()
        let tests = try [
            "ConversationTests", "EditTests", "HistoryTests", "ListTests", "ReceiptTests", "MediaTests",
            "StorageTests", "LifeTests", "Support",
        ].map { try source("Tests/AnserTests/\($0).swift") }.joined()
        let pattern = try NSRegularExpression(pattern: "public (?:func|var) `?([A-Za-z]+)")
        let whole = NSRange(facade.startIndex..., in: facade)
        let names = pattern.matches(in: facade, range: whole).map { String(facade[Range($0.range(at: 1), in: facade)!]) }
        XCTAssertGreaterThan(names.count, 130)
        XCTAssertEqual(names.filter { !tests.contains(".\($0)") }, [], "never used")
    }

    private func source(_ path: String) throws -> String {
        try String(contentsOf: packageFolder.appendingPathComponent(path), encoding: .utf8)
    }
}
