//! Which test raises a code, or why none does. The first row that holds a number counts; read by
//! `tests/docs.rs`, which checks each test and writes the table into `docs/errors.md`.

use std::ops::RangeInclusive;

use Raised::{By, Not, Untested};

/// How a code comes about.
pub(crate) enum Raised {
    /// The test that raises it, as `path::name`. It names the number or the constant.
    By(&'static str),
    /// Raised under this condition, but no test asserts the number.
    Untested(&'static str),
    /// Never raised by this version, and why.
    Not(&'static str),
}

const CALLS: Raised = Not("belongs to calls, which Anser does not make");
const WEB: Raised = Not("of the web SDK: the database's own codes (3430x) come instead");
const ROOMS: Raised = Not("belongs to chatrooms, not here yet");
const DISCUSSIONS: Raised = Not("belongs to discussions, not here yet");
const PASSED: Raised = By("tests/docs/raising.rs::what_the_server_refuses_is_passed_on");
const LOGIN: Raised = By("tests/docs/raising.rs::refused_logins");
const BROKEN: Raised = By("tests/docs/raising.rs::connections_that_break");
const UNREACHABLE: Raised = By("tests/docs/raising.rs::navigation_that_cannot_be_had");
const ENDED: Raised = By("tests/docs/raising.rs::connections_that_end");

const ARGUMENTS: Raised = By("bindings/python/tests/test_conversation.py::test_bad_arguments");
const BORDER: Raised = By("bindings/c/tests/bad_input.c::options_and_clients");
const SERVER: Raised = By("server/tests/messages.rs::refusals_have_their_codes");
const NAVIGATION: Raised = By("src/transport/navigation.rs::refusals_and_garbage_have_their_codes");
const CONNACK: Raised = By("src/model/code.rs::connack_refusals_have_their_own_numbers");

const UNSENDABLE: Raised = By("tests/media/uploads.rs::what_cannot_be_sent_is_refused_at_once");
const UNFETCHABLE: Raised = By("tests/media/downloads.rs::wrong_hash_missing_file_redirects_and_cancel");

/// Every number, by range.
pub(crate) const RAISED: &[(RangeInclusive<i32>, Raised)] = &[
    (-3..=-3, Not("of the web SDK: an invalid parameter is 33003 or has its own 342xx")),
    (
        -2..=-2,
        Not(
            "no call of this version has such an answer; the session's part is in tests/vectors/query-outcomes.json",
        ),
    ),
    (-1..=-1, By("tests/docs/raising.rs::a_pull_that_the_server_refuses")),
    (0..=0, By("bindings/kotlin/src/test/kotlin/im/anser/LifeTest.kt::connection")),
    (1..=18, CALLS),
    (405..=405, PASSED),
    (1101..=1101, By("src/session/tests/keeping.rs::more_than_five_kicks_are_a_fight")),
    (20406..=20406, PASSED),
    (20407..=20407, DISCUSSIONS),
    (20604..=20604, By("server/tests/login.rs::publishes_beyond_the_bucket_are_refused")),
    (21406..=21406, SERVER),
    (21407..=21409, DISCUSSIONS),
    (21501..=21502, PASSED),
    (22406..=22406, By("bindings/c/tests/bad_input.c::test_bad_input")),
    (22408..=22408, PASSED),
    (23406..=23406, SERVER),
    (23407..=23407, Not("belongs to user information, not here yet")),
    (23410..=23410, By("server/tests/messages.rs::unknown_queries_are_answered")),
    (23408..=23427, ROOMS),
    (24015..=24015, Not("from the server: the message stays in the outbox and is tried again")),
    (24001..=24016, CALLS),
    (25101..=25101, SERVER),
    (30001..=30001, By("bindings/python/tests/test_life.py::test_connection")),
    (30002..=30002, By("src/session/tests/keeping.rs::a_plan_tries_after_each_pause_and_ends_once")),
    (30003..=30003, By("server/tests/store/embedded.rs::a_full_disk_refuses_and_loses_nothing_acknowledged")),
    (30004..=30004, UNREACHABLE),
    (30005..=30005, UNREACHABLE),
    (30006..=30006, UNREACHABLE),
    (30007..=30008, NAVIGATION),
    (30009..=30009, UNREACHABLE),
    (30010..=30010, BROKEN),
    (30011..=30011, BROKEN),
    (30012..=30012, Not("of the web SDK: a heartbeat that cannot be written is 30014")),
    (30013..=30013, ENDED),
    (30014..=30014, Untested("writing to the connection fails")),
    (30016..=30016, ARGUMENTS),
    (30024..=30024, Not("of the vendor's native core: navigation's refusal of a token is 31004")),
    (30027..=30027, BROKEN),
    (31000..=31000, LOGIN),
    (31001..=31001, CONNACK),
    (31002..=31002, NAVIGATION),
    (31003..=31003, CONNACK),
    (31004..=31004, By("bindings/python/tests/test_life.py::test_refusals")),
    (31006..=31006, LOGIN),
    (31009..=31009, CONNACK),
    (31005..=31008, LOGIN),
    (31010..=31010, By("tests/conversation.rs::a_second_device_of_the_same_class_kicks_the_first")),
    (31011..=31011, ENDED),
    (31016..=31016, LOGIN),
    (31020..=31023, CONNACK),
    (32001..=32001, Not("of the web SDK: an answer without the data that it must hold is -2")),
    (32002..=32002, SERVER),
    (33001..=33001, By("bindings/python/tests/test_life.py::test_connection")),
    (33002..=33002, Untested("SQLite fails for a reason without a code of its own")),
    (33003..=33003, ARGUMENTS),
    (33004..=33004, Untested("too many requests wait, or connecting races with logout")),
    (33005..=33005, Not("of the web SDK: the status CONNECTED says so")),
    (33006..=33006, Not("of the web SDK: a second connect waits for the same end as the first")),
    (
        33007..=33007,
        Not("remote history is not here yet; the server passes it for kinds that it has none of"),
    ),
    (33008..=33008, Not("inserting messages is not here yet")),
    (33009..=33009, Not("deleting messages is not here yet")),
    (33200..=33200, By("bindings/python/tests/test_life.py::test_outbox_across_a_restart")),
    (34008..=34008, Not("clearing history is not here yet")),
    (34010..=34011, Not("clearing history is not here yet")),
    (34002..=34003, By("tests/navigation.rs::limits_of_navigation_are_obeyed")),
    (34001..=34009, WEB),
    (34105..=34105, By("bindings/python/tests/test_life.py::test_refusals")),
    (34205..=34271, ARGUMENTS),
    (34286..=34286, By("bindings/python/tests/test_life.py::test_refusals")),
    (34302..=34302, BORDER),
    (34303..=34303, Untested("the database file cannot be read or written")),
    (34306..=34306, By("src/store/schema.rs::a_newer_database_is_left_alone")),
    (34307..=34307, By("bindings/python/tests/test_life.py::test_one_client_per_folder")),
    (34308..=34308, Untested("the disk is full")),
    (34309..=34309, By("tests/store_care.rs::damage_met_while_running_is_salvaged_on_the_spot")),
    (34310..=34310, By("tests/encryption.rs::a_wrong_key_is_told_and_nothing_is_touched")),
    (34311..=34311, By("tests/store_care.rs::a_build_that_cannot_encrypt_says_so")),
    (34312..=34312, By("tests/store_care.rs::a_suspended_store_holds_no_lock_and_says_so")),
    (34313..=34314, By("tests/export.rs::files_that_are_no_whole_export_are_refused_by_line")),
    (34315..=34315, By("tests/export.rs::files_that_are_no_whole_export_are_refused_by_line")),
    (34400..=34400, By("bindings/python/tests/test_life.py::test_nothing_after_the_end")),
    (34403..=34405, BORDER),
    (34406..=34406, Not("a defect inside the library; none is known")),
    (34407..=34407, By("bindings/c/tests/conversation.c::infos")),
    (34410..=34411, UNSENDABLE),
    (34416..=34416, Untested("a file server answers 408, 425, 429 or 5xx until the attempts are used up")),
    (34412..=34415, UNFETCHABLE),
    (34417..=34417, UNFETCHABLE),
    (34420..=34420, By("tests/line_security.rs::expired_certificates_and_those_of_other_hosts_open_nothing")),
    (34421..=34421, By("tests/line_security.rs::a_private_authority_and_a_pinned_key_let_the_line_open")),
    (34422..=34423, By("tests/line_security.rs::proxies_that_refuse_say_why")),
    (35001..=35002, Not("of the web SDK: groups are made by the app's server, nothing is compared")),
    (36001..=36004, ROOMS),
    (37001..=37003, Not("belongs to the blacklist, not here yet")),
    (38001..=38003, Not("belongs to drafts, not here yet")),
    (39001..=39001, Not("belongs to public services, not here yet")),
    (41001..=41001, Not("belongs to the server's file service, not here yet")),
    (41002..=41002, UNSENDABLE),
    (51001..=51001, Not("of browsers and of calls: Anser has neither cookies nor calls")),
    (51002..=51004, CALLS),
    (61001..=61001, By("bindings/c/tests/bad_input.c::test_bad_input")),
];
