//! Charts as plain SVG: bars over time on both sides of a deploy, and bars of both sides under each other.
//!
//! Input: numbers and words. Output: an `svg` element with title and description. Sides are told apart by place, label
//! and fill, never by colour alone. Text is escaped here.

use std::fmt::Write;

use crate::report::escape::{cut, html};
use crate::report::words::number;

const WIDTH: f64 = 640.0;

/// Most characters of a title or label.
const MOST_TEXT: usize = 120;

/// One side of a deploy, as rates.
pub(super) struct Half {
    /// What stands above it.
    pub label: String,
    /// Events a minute in each bin.
    pub rates: Vec<f64>,
    /// When it begins and ends.
    pub times: [String; 2],
}

/// Events over time on both sides.
pub(super) struct OverTime {
    /// What it shows.
    pub title: String,
    /// The same as a sentence with numbers, for those who hear it.
    pub description: String,
    /// Before and after.
    pub halves: [Half; 2],
    /// What the line between the halves is.
    pub divider: String,
}

/// A pair of bars.
pub(super) struct Pair {
    /// What they measure.
    pub label: String,
    /// Baseline and candidate; `None` where nothing was measured.
    pub values: [Option<f64>; 2],
}

/// Places of the plot within the chart over time.
const LEFT: f64 = 48.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 150.0;

/// Draws events over time; `number_of` makes the ids of one document differ.
pub(super) fn over_time(chart: &OverTime, number_of: usize) -> String {
    let middle = (LEFT + RIGHT) / 2.0;
    let largest = chart.halves.iter().flat_map(|h| &h.rates).copied().fold(0.0, f64::max);
    let mut out = open(&chart.title, &chart.description, 178.0, number_of);
    for (share, y) in [(1.0, TOP), (0.5, (TOP + BOTTOM) / 2.0), (0.0, BOTTOM)] {
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{RIGHT}\" y2=\"{y}\"/>"
        );
        text(&mut out, (LEFT - 6.0, y + 4.0), "end", &number(largest * share));
    }
    for (half, (left, class)) in chart.halves.iter().zip([(LEFT, "old"), (middle, "new")]) {
        let width = middle - LEFT;
        text(&mut out, (left + width / 2.0, 16.0), "middle", &half.label);
        bars(&mut out, &half.rates, largest, (left + 2.0, width - 4.0), class);
        let [first, last] = &half.times;
        text(&mut out, (left + 2.0, BOTTOM + 18.0), "start", first);
        text(&mut out, (left + width - 6.0, BOTTOM + 18.0), "end", last);
    }
    let _ = write!(
        out,
        "<line class=\"deploy\" x1=\"{middle}\" y1=\"22\" x2=\"{middle}\" y2=\"{BOTTOM}\"/>"
    );
    text(&mut out, (middle + 5.0, 32.0), "start", &chart.divider);
    out.push_str("</svg>\n");
    out
}

fn bars(out: &mut String, rates: &[f64], largest: f64, (left, width): (f64, f64), class: &str) {
    if rates.is_empty() {
        text(
            out,
            (left + width / 2.0, (TOP + BOTTOM) / 2.0),
            "middle",
            "nothing was counted",
        );
        return;
    }
    let step = width / rates.len() as f64;
    for (i, rate) in rates.iter().enumerate() {
        let height = (BOTTOM - TOP) * rate / largest;
        // Nothing is not drawn; very little still is.
        if *rate > 0.0 && height.is_finite() {
            let height = height.max(1.0);
            let (x, y) = (left + step * i as f64, BOTTOM - height);
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
                (step - 1.5).max(1.0)
            );
        }
    }
}

/// Draws a pair of bars for each measure, with their values.
pub(super) fn pairs(title: &str, description: &str, unit: &str, pairs: &[Pair], number_of: usize) -> String {
    const BAR: f64 = 16.0;
    const ROW: f64 = 48.0;
    const FROM: f64 = 56.0;
    const ROOM: f64 = 380.0;
    let largest = pairs.iter().flat_map(|p| p.values).flatten().fold(0.0, f64::max);
    let mut out = open(title, description, ROW * pairs.len() as f64 + 8.0, number_of);
    for (i, pair) in pairs.iter().enumerate() {
        let top = 8.0 + ROW * i as f64;
        text(&mut out, (FROM - 8.0, top + BAR + 4.0), "end", &pair.label);
        let sides = [("old", "baseline"), ("new", "candidate")];
        for (j, ((class, side), value)) in sides.into_iter().zip(pair.values).enumerate() {
            let y = top + (BAR + 2.0) * j as f64;
            let width = value.map_or(0.0, |v| (ROOM * v / largest).clamp(1.0, ROOM));
            if width.is_finite() && width > 0.0 {
                let _ = write!(
                    out,
                    "<rect class=\"{class}\" x=\"{FROM}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>"
                );
            }
            let label = match value {
                Some(value) => format!("{} {unit} {side}", number(value)),
                None => format!("not measured: {side}"),
            };
            let end = if width.is_finite() { width } else { 0.0 };
            text(&mut out, (FROM + end + 6.0, y + 12.5), "start", &label);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn open(title: &str, description: &str, height: f64, number_of: usize) -> String {
    let (title, description) = (html(&cut(title, MOST_TEXT)), html(description));
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"chart-{number_of}-t chart-{number_of}-d\">\
         <title id=\"chart-{number_of}-t\">{title}</title><desc id=\"chart-{number_of}-d\">{description}</desc>"
    )
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let text = html(&cut(text, MOST_TEXT));
    let _ = write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(before: Vec<f64>, after: Vec<f64>) -> String {
        let half = |rates| Half {
            label: "a <b>".to_owned(),
            rates,
            times: ["1", "2"].map(str::to_owned),
        };
        let chart = OverTime {
            title: "t & t".to_owned(),
            description: "d".to_owned(),
            halves: [half(before), half(after)],
            divider: "deploy".to_owned(),
        };
        over_time(&chart, 7)
    }

    #[test]
    fn what_is_nothing_is_not_drawn_and_what_is_little_is() {
        let svg = chart(vec![0.0, 100.0, 0.001], vec![0.0]);
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("height=\"1.0\"") && svg.contains("a &lt;b&gt;") && svg.contains("t &amp; t"));
        assert!(chart(Vec::new(), Vec::new()).contains("nothing was counted"));
        assert!(!chart(vec![0.0], vec![0.0]).contains("NaN"));
    }

    #[test]
    fn pairs_tell_their_values() {
        let pair = |values| Pair {
            label: "p95".to_owned(),
            values,
        };
        let all = [pair([Some(210.0), Some(305.0)]), pair([None, Some(0.0)])];
        let svg = pairs("t", "d", "ms", &all, 1);
        assert!(svg.contains("210 ms baseline") && svg.contains("305 ms candidate"));
        assert!(svg.contains("not measured: baseline") && svg.contains("0 ms candidate"));
        assert!(!svg.contains("NaN") && !pairs("t", "d", "ms", &all[1..], 1).contains("NaN"));
    }
}
