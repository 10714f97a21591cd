//! Which of several addresses is asked when, and which one wins. Decides only: whoever runs it brings the time
//! and what became of each, and does what it says.

use std::collections::VecDeque;

use crate::session::Millis;
use crate::timing;

/// Candidates that are asked at the same time, at most: more would be a burden to every server but one.
const AT_ONCE: usize = 3;

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask this candidate.
    Start(usize),
    /// This candidate has won: let go of the others.
    Won(usize),
    /// Nobody has won: let go of those still being asked.
    Lost,
}

/// A race of numbered candidates, the preferred ones first. Each is asked a step after the one before it, or at
/// once when one has failed.
#[derive(Debug)]
pub(super) struct Race {
    waiting: VecDeque<usize>,
    /// Who is being asked, and since when; the latest last.
    running: Vec<(usize, Millis)>,
    /// After how long without an answer a candidate no longer counts as one that is being asked.
    patience: Millis,
    /// Before this nobody else starts.
    next: Millis,
    until: Millis,
    won: Option<usize>,
    over: bool,
}

impl Race {
    pub(super) fn new(candidates: usize, now: Millis) -> Self {
        Self {
            waiting: (0..candidates).collect(),
            running: Vec::new(),
            patience: Millis::MAX,
            next: now,
            until: now + timing::RACE_LIMIT,
            won: None,
            over: false,
        }
    }

    /// Those who have been asked for [`timing::RACE_PATIENCE`] make room for others, and may still win: where asking
    /// has no limit of its own, whoever swallows everything must not keep the others from being asked.
    pub(super) fn making_room(self) -> Self {
        Self { patience: timing::RACE_PATIENCE, ..self }
    }

    /// To be asked until it gives nothing, at the beginning, after every report, and when a deadline has passed.
    pub(super) fn poll(&mut self, now: Millis) -> Option<Step> {
        if self.over {
            return None;
        }
        if let Some(won) = self.won {
            self.over = true;
            return Some(Step::Won(won));
        }
        if now >= self.until || (self.waiting.is_empty() && self.running.is_empty()) {
            self.over = true;
            return Some(Step::Lost);
        }
        if now < self.may_start() {
            return None;
        }
        let candidate = self.waiting.pop_front()?;
        self.running.push((candidate, now));
        self.next = now + timing::RACE_STEP;
        Some(Step::Start(candidate))
    }

    /// When [`Race::poll`] has something to say again if nothing is reported; `None` once it is over.
    pub(super) fn next_deadline(&self) -> Option<Millis> {
        if self.over {
            return None;
        }
        Some(if self.waiting.is_empty() { self.until } else { self.may_start().min(self.until) })
    }

    /// When the next candidate may be asked.
    fn may_start(&self) -> Millis {
        let in_the_way = self.running.iter().rev().nth(AT_ONCE - 1);
        let room = in_the_way.map_or(0, |(_, since)| since.saturating_add(self.patience));
        self.next.max(room)
    }

    /// A candidate that was asked has proven itself. The first one wins.
    pub(super) fn proven(&mut self, candidate: usize) {
        if self.running.iter().any(|(running, _)| *running == candidate) {
            self.won.get_or_insert(candidate);
        }
    }

    /// A candidate that was asked has failed: the next one need not wait.
    pub(super) fn failed(&mut self, candidate: usize, now: Millis) {
        self.running.retain(|(running, _)| *running != candidate);
        self.next = self.next.min(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a candidate does, in ms after it was asked.
    #[derive(Clone, Copy)]
    enum Does {
        Answer(Millis),
        Fail(Millis),
    }
    use Does::{Answer, Fail};

    /// What swallows everything fails when the one who asks gives up.
    const BLACK_HOLE: Does = Fail(timing::NAVIGATION_LIMIT);

    /// Runs a race in virtual time: every step with the time at which it was said.
    fn run(candidates: &[Does]) -> Vec<(Millis, Step)> {
        steps(Race::new(candidates.len(), 0), candidates)
    }

    /// The same, where candidates make room.
    fn run_making_room(candidates: &[Does]) -> Vec<(Millis, Step)> {
        steps(Race::new(candidates.len(), 0).making_room(), candidates)
    }

    fn steps(mut race: Race, candidates: &[Does]) -> Vec<(Millis, Step)> {
        let (mut now, mut steps) = (0, Vec::new());
        // When each ends, who that is, and since when it is being asked.
        let mut coming: Vec<(Millis, usize, Millis)> = Vec::new();
        loop {
            while let Some(step) = race.poll(now) {
                steps.push((now, step));
                if let Step::Start(candidate) = step {
                    let (Answer(after) | Fail(after)) = candidates[candidate];
                    coming.push((now + after, candidate, now));
                    let lately = coming.iter().filter(|(.., since)| now - since < race.patience);
                    assert!(lately.count() <= AT_ONCE, "{steps:?}");
                }
            }
            let Some(deadline) = race.next_deadline() else { return steps };
            assert!(deadline > now, "the race must not be asked again without a reason: {steps:?}");
            coming.sort_unstable();
            match coming.first() {
                Some((at, candidate, _)) if *at <= deadline => {
                    now = *at;
                    match candidates[*candidate] {
                        Answer(_) => race.proven(*candidate),
                        Fail(_) => race.failed(*candidate, now),
                    }
                    coming.remove(0);
                }
                _ => now = deadline,
            }
        }
    }

    fn end(candidates: &[Does]) -> (Millis, Step) {
        *run(candidates).last().unwrap()
    }

    #[test]
    fn a_good_first_candidate_is_the_only_one_asked() {
        assert_eq!(run(&[Answer(80), Answer(1)]), [(0, Step::Start(0)), (80, Step::Won(0))]);
        assert_eq!(run(&[Answer(249), Answer(1)]), [(0, Step::Start(0)), (249, Step::Won(0))]);
    }

    #[test]
    fn a_black_hole_costs_one_step() {
        assert_eq!(
            run(&[BLACK_HOLE, Answer(80), Answer(80)]),
            [(0, Step::Start(0)), (250, Step::Start(1)), (330, Step::Won(1))]
        );
        assert_eq!(
            run(&[BLACK_HOLE, BLACK_HOLE, Answer(80)]),
            [(0, Step::Start(0)), (250, Step::Start(1)), (500, Step::Start(2)), (580, Step::Won(2))]
        );
    }

    /// "With one of three servers black-holed: connected in at most 1.2 s", wherever it stands in the list, on a
    /// network where an answer takes 300 ms: navigation, probe, then the line.
    #[test]
    fn one_black_hole_among_three_leaves_time_to_connect() {
        const ANSWER: Millis = 300;
        for hole in 0..3 {
            let mut servers = [Answer(ANSWER); 3];
            servers[hole] = BLACK_HOLE;
            let (proven, step) = end(&servers);
            assert_eq!((proven, step), if hole == 0 { (550, Step::Won(1)) } else { (300, Step::Won(0)) });
            assert!(ANSWER + proven + ANSWER <= 1_200, "{hole}: {proven}");
        }
    }

    /// "With WebSocket blocked: first message over polling at most 3 s after connect", with a black hole first
    /// among three servers, on a network where an answer takes 50 ms: navigation, race, the upgrade that
    /// nobody answers; then navigation for polling, the race with the remembered server in front, login, message.
    #[test]
    fn a_blocked_websocket_and_a_black_hole_leave_time_for_polling() {
        const ANSWER: Millis = 50;
        let (first, _) = end(&[BLACK_HOLE, Answer(ANSWER), Answer(ANSWER)]);
        let (second, _) = end(&[Answer(ANSWER), BLACK_HOLE, Answer(ANSWER)]);
        let websocket = ANSWER + first + ANSWER + timing::UPGRADE_LIMIT;
        let polling = ANSWER + second + ANSWER + ANSWER;
        assert_eq!((first, second, websocket + polling), (300, 50, 2_600));
    }

    #[test]
    fn who_refuses_costs_nothing() {
        assert_eq!(
            run(&[Fail(1), Fail(1), Answer(80)]),
            [(0, Step::Start(0)), (1, Step::Start(1)), (2, Step::Start(2)), (82, Step::Won(2))]
        );
    }

    #[test]
    fn the_first_proven_wins_though_it_started_later() {
        assert_eq!(
            run(&[Answer(400), Answer(100)]),
            [(0, Step::Start(0)), (250, Step::Start(1)), (350, Step::Won(1))]
        );
    }

    #[test]
    fn at_most_three_are_asked_at_once() {
        let candidates = [BLACK_HOLE, BLACK_HOLE, BLACK_HOLE, Answer(80), Answer(80)];
        let begin = [(0, Step::Start(0)), (250, Step::Start(1)), (500, Step::Start(2))];
        assert_eq!(
            run(&candidates),
            [&begin[..], &[(5_000, Step::Start(3)), (5_080, Step::Won(3))]].concat()
        );
        assert_eq!(
            run_making_room(&candidates),
            [&begin[..], &[(2_000, Step::Start(3)), (2_080, Step::Won(3))]].concat()
        );
    }

    /// Three more every two seconds, whether those who swallow everything fail at last or never do.
    #[test]
    fn where_candidates_make_room_any_number_of_black_holes_is_passed_by_within_seconds() {
        for hole in [BLACK_HOLE, Fail(Millis::MAX / 2)] {
            for holes in 0..16 {
                let mut candidates = vec![hole; holes];
                candidates.push(Answer(80));
                let asked = (holes as Millis / 3) * 2_000 + (holes as Millis % 3) * 250;
                let end = run_making_room(&candidates).last().copied();
                assert_eq!(end, Some((asked + 80, Step::Won(holes))), "{holes}");
            }
        }
    }

    /// Who makes room is not given up: where every answer takes three seconds, the first one still counts.
    #[test]
    fn a_slow_network_loses_nothing_by_it() {
        assert_eq!(
            run_making_room(&[Answer(3_000); 5]),
            [
                (0, Step::Start(0)),
                (250, Step::Start(1)),
                (500, Step::Start(2)),
                (2_000, Step::Start(3)),
                (2_250, Step::Start(4)),
                (3_000, Step::Won(0))
            ]
        );
    }

    /// A place that has been made already is not made again by who fails later; one that fails early leaves its own.
    #[test]
    fn only_who_was_asked_lately_takes_a_place() {
        let late = Fail(9_000);
        assert_eq!(
            run_making_room(&[Fail(2_100), late, late, late, Fail(150), late, Answer(1)]),
            [
                (0, Step::Start(0)),
                (250, Step::Start(1)),
                (500, Step::Start(2)),
                (2_000, Step::Start(3)),
                (2_250, Step::Start(4)),
                (2_400, Step::Start(5)),
                (2_650, Step::Start(6)),
                (2_651, Step::Won(6))
            ]
        );
    }

    #[test]
    fn a_race_that_nobody_wins_ends() {
        assert_eq!(run(&[]), [(0, Step::Lost)]);
        assert_eq!(end(&[Fail(5), Fail(7)]), (12, Step::Lost));
        assert_eq!(end(&[BLACK_HOLE; 3]), (5_500, Step::Lost));
        assert_eq!(end(&[BLACK_HOLE; 16]), (timing::RACE_LIMIT, Step::Lost));
    }

    #[test]
    fn only_who_was_asked_can_win_and_only_once() {
        let mut race = Race::new(3, 0);
        assert_eq!(race.poll(0), Some(Step::Start(0)));
        race.proven(2);
        assert_eq!(race.poll(0), None);
        assert_eq!(race.poll(250), Some(Step::Start(1)));
        race.proven(1);
        race.proven(0);
        assert_eq!(race.poll(250), Some(Step::Won(1)));
        assert_eq!((race.poll(9_999), race.next_deadline()), (None, None));
    }
}
