//! Tests of the packs that ship with the program, and of the matcher against a plain loop over every pattern.

use super::*;

#[test]
fn every_shipped_pack_passes_the_checker() {
    let set = PackSet::builtin().unwrap();
    let faults: Vec<String> = set
        .packs()
        .iter()
        .flat_map(check)
        .map(|fault| format!("{} ({}): {}", fault.id, fault.line, fault.rule))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(set.packs().len(), 13);
    assert!(set.patterns().len() >= 60, "{}", set.patterns().len());
}
