//! Any inputs in any order: nothing panics, and what the machine promises stays true at every step.

use proptest::prelude::*;

use super::*;
use steps::any_step;
use world::World;

mod step;
mod steps;
mod world;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_inputs_breaks_a_promise(
        seed in any::<u64>(),
        steps in proptest::collection::vec(any_step(), 1..120),
    ) {
        let mut world = World::new(seed);
        for step in steps {
            world.step(step);
        }
        world.end();
    }
}
