//! Two profiles in, findings out: pure statistics on integer counts. No clock, file, environment or network.

mod finding;
mod table;

pub use finding::{Change, Dispersion, Finding, Interval, LatencyFinding, Rates, SideCount};
pub use table::{Arm, Family, Histogram, Pairing, Row, Table};
