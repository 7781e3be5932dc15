use std::io::{self, Write};

use super::{BAD, BOLD, DIM, GOOD, Table, WARN, WIDTH};
use crate::text::{clean, counted, cut, dash, thousands, width};
use crate::words;
use crate::{Counts, Proof, Side, Summary, WallRow};

/// What a line beside the wall holds.
const PROOF: usize = 42;

impl<W: Write> Table<W> {
    /// The wall: a row for each part of it, the proof of AWS's side beside its own rows.
    pub(super) fn wall(&mut self, summary: &Summary) -> io::Result<()> {
        let total = summary.counts();
        let rows: Vec<(&WallRow, Counts)> = summary.wall.iter().map(|row| (row, row.counts())).collect();
        // A column is as wide as its header or its longest number.
        let column = |header: &str, pick: fn(&Counts) -> u64| {
            rows.iter().map(|(_, counts)| width(&dash(pick(counts)))).max().unwrap_or(0).max(header.len())
        };
        let left = [column("AWS", |c| c.aws), column("you", |c| c.you), column("unclear", |c| c.unclear)];
        let right = [
            column("your side: met", |c| c.met),
            column("fail", |c| c.fail),
            column("unseen", |c| c.unseen),
            column("no evidence", |c| c.no_evidence),
        ];
        let numbers = left.iter().chain(&right).sum::<usize>();
        // Beside the columns: two label columns, gaps of two between them, and the bar.
        let title = (WIDTH - 2).saturating_sub(numbers + 5 + 5 + 2 + 6).max(8);

        let cells = |texts: &[String], widths: &[usize]| -> String {
            let mut line = String::new();
            for (text, columns) in texts.iter().zip(widths) {
                line.push_str(&" ".repeat(columns.saturating_sub(width(text))));
                line.push_str(text);
                line.push_str("  ");
            }
            line
        };
        let strings = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
        let [heading, duties] = ["THE WALL".to_owned(), counted(total.total(), "duty", "duties")];
        let used = heading.len() + 2 + width(&duties);
        let heads = cells(&strings(&["AWS", "you", "unclear"]), &left);
        let ours = cells(&strings(&["your side: met", "fail", "unseen", "no evidence"]), &right);
        let columns = format!("{}│ {ours}", heads.strip_suffix(' ').unwrap_or(&heads));
        let heading = format!("{}  {duties}", self.paint(BOLD, &heading));
        if let Some(room) = (title + 5).checked_sub(used) {
            self.line(&format!("{heading}{}{columns}", " ".repeat(room)))?;
        } else {
            self.line(&heading)?;
            self.line(&format!("{}{columns}", " ".repeat(title + 5)))?;
        }

        let mut proof = proof_lines(total.aws, &summary.proof).into_iter();
        let mut before: Option<Side> = None;
        for (row, counts) in &rows {
            if before == Some(Side::In) && row.side == Side::Of {
                self.line(&format!(" {}", "═".repeat(WIDTH - 2)))?;
            }
            let label = match (before == Some(row.side), row.side) {
                (true, _) => "  ",
                (false, Side::In) => "IN",
                (false, Side::Of) => "OF",
            };
            before = Some(row.side);
            let name = clean(&row.title);
            let name = cut(&name, title - 2);
            let pad = " ".repeat(title - width(&name));
            let owners = cells(&[counts.aws, counts.you, counts.unclear].map(dash), &left);
            let owners = owners.strip_suffix(' ').unwrap_or(&owners);
            let yours = [counts.met, counts.fail, counts.unseen, counts.no_evidence];
            let rest = if row.side == Side::Of && yours == [0; 4] {
                cut(&proof.next().unwrap_or_default(), right.iter().sum::<usize>() + 6).into_owned()
            } else {
                self.your_side(yours, right)
            };
            self.line(&format!(" {label}  {name}{pad}{owners}│ {rest}"))?;
        }
        for line in proof {
            self.line(&format!("     {}", cut(&line, WIDTH - 5)))?;
        }
        self.line("")
    }

    /// The four counts of the customer's side, coloured where there is something to see.
    fn your_side(&self, counts: [u64; 4], columns: [usize; 4]) -> String {
        let styles = [GOOD, BAD, WARN, DIM];
        let mut line = String::new();
        for ((count, columns), style) in counts.into_iter().zip(columns).zip(styles) {
            let text = dash(count);
            line.push_str(&" ".repeat(columns.saturating_sub(width(&text))));
            line.push_str(&if count == 0 { text } else { self.paint(style, &text) });
            line.push_str("  ");
        }
        line.trim_end().to_owned()
    }
}

/// How AWS's duties are proven, and why not all are.
fn proof_lines(aws: u64, proof: &Proof) -> Vec<String> {
    if aws == 0 {
        return Vec::new();
    }
    let mut lines = vec![format!("AWS's {}: {}", thousands(aws), words::proof(&Proof { why: None, ..proof.clone() }))];
    if width(&lines.concat()) > PROOF {
        let rest = Proof { attested: 0, why: None, ..proof.clone() };
        lines = vec![format!("{} of AWS's {} attested", thousands(proof.attested), thousands(aws)), words::proof(&rest)];
    } else {
        lines.extend(proof.why.as_deref().map(|why| format!("why: {}", clean(why))));
    }
    lines
}
