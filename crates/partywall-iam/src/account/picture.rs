//! The paths to all rights as a drawing that needs no other program: layers from left to right, one step each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use partywall_model::plain;

use super::edges::Target;
use super::graph::{Arrow, arrows};
use super::model::Account;
use super::paths::Escalations;

/// Sizes, in the units of the drawing.
const WIDTH: usize = 220;
const HEIGHT: usize = 34;
const GAP: usize = 230;
const ROW: usize = 52;
const MARGIN: usize = 24;
/// About as wide as letters are.
const LETTER: usize = 7;
/// Characters that a box and the way to the next one have room for; the whole is in the title, which viewers show.
const NAME: usize = 30;
const LABEL: usize = 34;

const STYLE: &str = "text{font:12px sans-serif;fill:#1a1a1a}.box{fill:#fff;stroke:#444}.admin{fill:#fbe3e1;stroke:#a02020}\
                     .way{fill:none;stroke:#444}.open{stroke-dasharray:5 4}.label{font-size:11px;fill:#444}";

/// Where each node stands: its layer, counted from all rights, and the height of its middle.
struct Layout {
    places: BTreeMap<Target, (usize, usize)>,
    layers: usize,
    height: usize,
}

impl Account {
    /// The paths to all rights as an SVG document: who can take whose rights, and how. What depends on something that is not known is
    /// dashed, and what the drawing does not show is told below it. Nothing in it is fetched or run.
    pub fn paths_svg(&self, found: &Escalations) -> String {
        let arrows = arrows(found);
        let layout = Layout::of(&arrows);
        let below = below(found);
        let drawn = WIDTH + layout.layers.saturating_sub(1) * (WIDTH + GAP);
        let written = below.iter().map(|line| line.chars().count() * LETTER).max().unwrap_or_default();
        let width = MARGIN * 2 + drawn.max(written);
        let height = layout.height + MARGIN * 2 + below.len() * 20;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>Paths to all rights in account {}</title>\n<style>{STYLE}</style>\n\
             <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
             <path d=\"M0 0 8 4 0 8z\" fill=\"#444\"/></marker></defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
            escaped(&self.id)
        );
        for arrow in &arrows {
            layout.arrow(&mut text, arrow);
        }
        for (node, place) in &layout.places {
            layout.node(&mut text, &self.name_of(*node), *node == Target::Admin, *place);
        }
        for (number, line) in below.iter().enumerate() {
            let y = layout.height + MARGIN + 20 * number + 16;
            let _ = writeln!(text, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", escaped(line));
        }
        text.push_str("</svg>\n");
        text
    }

    /// The same as a page that stands by itself: the drawing, then every path in words with its fix, and what is not known.
    pub fn paths_html(&self, found: &Escalations) -> String {
        let title = format!("Paths to all rights in account {}", escaped(&self.id));
        let mut text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n\
             <style>body{{font-family:sans-serif;margin:2em}}pre{{white-space:pre-wrap}}figure{{overflow-x:auto;margin:0}}</style>\n</head>\n<body>\n\
             <h1>{title}</h1>\n<figure>\n{}</figure>\n",
            self.paths_svg(found)
        );
        let lines = |lines: &str| lines.lines().map(escaped).collect::<Vec<_>>().join("\n");
        for path in &found.paths {
            let _ = writeln!(text, "<pre>{}</pre>", lines(&self.describe(path)));
        }
        for (number, what) in &found.undecided {
            let _ = writeln!(
                text,
                "<p>{}: more may be open: {}</p>",
                escaped(&self.name_of(Target::Principal(*number))),
                escaped(&what.detail)
            );
        }
        text.push_str("</body>\n</html>\n");
        text
    }

    fn name_of(&self, node: Target) -> String {
        match node {
            Target::Admin => "all rights".to_owned(),
            Target::Principal(number) => {
                self.principals.get(number).map_or_else(String::new, |of| format!("{} {}", of.kind.name(), of.name))
            }
        }
    }
}

impl Layout {
    /// Each node one layer left of the nearest that it leads to, and beside those that lead to the same.
    fn of(arrows: &BTreeSet<Arrow<'_>>) -> Self {
        let mut into: BTreeMap<Target, Vec<&Arrow<'_>>> = BTreeMap::new();
        for arrow in arrows {
            into.entry(arrow.to).or_default().push(arrow);
        }
        let mut layers = BTreeMap::from([(Target::Admin, 0)]);
        let mut under: BTreeMap<Target, Vec<Target>> = BTreeMap::new();
        let mut queue = VecDeque::from([Target::Admin]);
        while let Some(node) = queue.pop_front() {
            let layer = layers.get(&node).copied().unwrap_or_default();
            for arrow in into.get(&node).into_iter().flatten() {
                let from = Target::Principal(arrow.from);
                if let std::collections::btree_map::Entry::Vacant(slot) = layers.entry(from) {
                    slot.insert(layer + 1);
                    under.entry(node).or_default().push(from);
                    queue.push_back(from);
                }
            }
        }
        // Leaves take a row each, from the top; every other node stands in the middle of those that lead to it.
        let mut order = Vec::new();
        let mut stack = vec![Target::Admin];
        while let Some(node) = stack.pop() {
            order.push(node);
            stack.extend(under.get(&node).into_iter().flatten().rev());
        }
        let mut middles: BTreeMap<Target, usize> = BTreeMap::new();
        let mut rows = 0;
        for leaf in order.iter().filter(|node| !under.contains_key(node)) {
            middles.insert(*leaf, MARGIN + rows * ROW + HEIGHT / 2);
            rows += 1;
        }
        for node in order.iter().rev() {
            let of = |node: &Target| middles.get(node).copied().unwrap_or_default();
            if let Some((first, last)) = under.get(node).and_then(|all| all.first().zip(all.last())) {
                let middle = usize::midpoint(of(first), of(last));
                middles.insert(*node, middle);
            }
        }
        let places: BTreeMap<Target, (usize, usize)> =
            layers.into_iter().map(|(node, layer)| (node, (layer, middles.get(&node).copied().unwrap_or_default()))).collect();
        let layers = places.values().map(|(layer, _)| layer + 1).max().unwrap_or(1);
        Self { places, layers, height: MARGIN + rows * ROW }
    }

    fn left(&self, layer: usize) -> usize {
        MARGIN + self.layers.saturating_sub(layer + 1) * (WIDTH + GAP)
    }

    fn node(&self, text: &mut String, name: &str, is_admin: bool, (layer, middle): (usize, usize)) {
        let (x, y) = (self.left(layer), middle.saturating_sub(HEIGHT / 2));
        let class = if is_admin { "admin" } else { "box" };
        let _ = writeln!(
            text,
            "<g><title>{}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"4\"/>\
             <text x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(name),
            x + 10,
            middle + 4,
            escaped(&cut(name, NAME))
        );
    }

    fn arrow(&self, text: &mut String, arrow: &Arrow<'_>) {
        let ends = self.places.get(&Target::Principal(arrow.from)).zip(self.places.get(&arrow.to));
        let Some(((from_layer, from), (to_layer, to))) = ends else { return };
        let (start, end) = (self.left(*from_layer) + WIDTH, self.left(*to_layer));
        let bend = GAP / 2;
        let (one, other) = (start + bend, end.saturating_sub(bend));
        let class = if arrow.certain { "way" } else { "way open" };
        let _ = writeln!(
            text,
            "<g><title>{}</title><path class=\"{class}\" marker-end=\"url(#end)\" d=\"M{start} {from}C{one} {from} {other} {to} {end} {to}\"/>\
             <text class=\"label\" x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(arrow.label),
            start + 8,
            from.saturating_sub(5),
            escaped(&cut(arrow.label, LABEL))
        );
    }
}

/// What a drawing alone would hide.
fn below(found: &Escalations) -> Vec<String> {
    let mut lines = vec![format!("administrators: {}; paths to administrator: {}", found.admins.len(), found.paths.len())];
    if !found.undecided.is_empty() {
        lines.push(format!("users and roles of whom not all is known, so that more may be open: {}", found.undecided.len()));
    }
    lines.extend(found.gaps.iter().map(|gap| format!("not known: {gap}")));
    if !found.is_complete {
        lines.push("the search stopped at its limit; further paths may be open".to_owned());
    }
    lines.extend(found.assumptions.iter().map(|assumption| format!("taken for granted: {assumption}")));
    lines
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The text as XML and HTML take it: names in an account are untrusted.
fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        match letter {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' => made.push_str("&quot;"),
            '\'' => made.push_str("&#39;"),
            // No characters of XML.
            '\u{FFFE}' | '\u{FFFF}' => made.push('\u{FFFD}'),
            other => made.push(other),
        }
    }
    made
}
