//! One owner's duties as a list to work through.

use std::io::{self, Write};

use askama::Template;
use chrono::NaiveDate;
use serde::Serialize;

use crate::text::{clean, counted};

const STYLE: &str = include_str!("../templates/wall.css");

/// Something to do or to keep up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Task {
    /// The day by which it is due; those without one come last.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub due: Option<NaiveDate>,
    /// The heading that it stands under.
    pub group: String,
    /// What is to be done.
    pub what: String,
    /// Where: a resource, a service, a document.
    pub place: String,
    /// How it stands.
    pub state: String,
    /// The command that says more; empty if there is none.
    pub command: String,
}

/// All that one owner answers for.
#[derive(Debug, Clone, Serialize)]
pub struct Checklist {
    /// Team or party.
    pub owner: String,
    /// How it is reached.
    pub contact: Option<String>,
    /// The day to which it refers.
    pub as_of: String,
    /// One line that says that the input is made up, if it is.
    pub synthetic: Option<String>,
    /// In the order of the groups, within one by due date.
    pub tasks: Vec<Task>,
}

#[derive(Template)]
#[template(path = "checklist.html")]
struct Page {
    owner: String,
    synthetic: Option<String>,
    header: Vec<String>,
    groups: Vec<(String, Vec<Row>)>,
    css: &'static str,
}

struct Row {
    due: String,
    what: String,
    place: String,
    state: String,
    command: String,
}

impl Checklist {
    /// Sorts the tasks of each group by due date, those without one last.
    pub fn sort(&mut self) {
        let order: Vec<String> = self.groups();
        let place = |group: &str| order.iter().position(|known| known == group);
        self.tasks.sort_by(|a, b| {
            place(&a.group)
                .cmp(&place(&b.group))
                .then_with(|| (a.due.is_none(), a.due, &a.what, &a.place).cmp(&(b.due.is_none(), b.due, &b.what, &b.place)))
        });
    }

    fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = Vec::new();
        for task in &self.tasks {
            if !groups.contains(&task.group) {
                groups.push(task.group.clone());
            }
        }
        groups
    }

    fn header(&self) -> Vec<String> {
        let contact = self.contact.as_deref().map(|contact| clean(contact).into_owned());
        let overdue = self.tasks.iter().filter(|task| task.due.is_some_and(|due| due.to_string() < self.as_of)).count();
        let mut header = vec![counted(self.tasks.len() as u64, "thing to do or keep up", "things to do or keep up")];
        if overdue > 0 {
            header.push(format!("{overdue} overdue"));
        }
        header.extend(contact);
        header.push(format!("as of {}", self.as_of));
        header
    }

    /// A static page; escaped by the template engine.
    ///
    /// # Errors
    /// Writing fails.
    pub fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        let own = |text: &str| clean(text).into_owned();
        let row = |task: &Task| Row {
            due: task.due.map(|due| due.to_string()).unwrap_or_default(),
            what: own(&task.what),
            place: own(&task.place),
            state: own(&task.state),
            command: own(&task.command),
        };
        let groups = self.groups().into_iter().map(|group| {
            let rows = self.tasks.iter().filter(|task| task.group == group).map(row).collect();
            (own(&group), rows)
        });
        let page = Page {
            owner: own(&self.owner),
            synthetic: self.synthetic.as_deref().map(own),
            header: self.header(),
            groups: groups.collect(),
            css: STYLE,
        };
        out.write_all(page.render().map_err(io::Error::other)?.as_bytes())
    }

    /// Markdown with boxes to tick.
    ///
    /// # Errors
    /// Writing fails.
    pub fn md(&self, out: &mut dyn Write) -> io::Result<()> {
        use crate::md::escape;
        writeln!(out, "# Duties of {}\n", escape(&self.owner))?;
        if let Some(note) = &self.synthetic {
            writeln!(out, "*{}*\n", escape(note))?;
        }
        writeln!(out, "{}", escape(&self.header().join(" · ")))?;
        for group in self.groups() {
            writeln!(out, "\n## {}\n", escape(&group))?;
            for task in self.tasks.iter().filter(|task| task.group == group) {
                let due = task.due.map(|due| format!("**{due}** ")).unwrap_or_default();
                let place = if task.place.is_empty() { String::new() } else { format!(" — {}", escape(&task.place)) };
                let command = if task.command.is_empty() { String::new() } else { format!(" ({})", escape(&task.command)) };
                writeln!(out, "- [ ] {due}{}{place}: {}{command}", escape(&task.what), escape(&task.state))?;
            }
        }
        Ok(())
    }

    /// One row per task.
    ///
    /// # Errors
    /// Writing fails.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["due", "group", "what", "where", "state", "command"])?;
        for task in &self.tasks {
            let due = task.due.map(|due| due.to_string()).unwrap_or_default();
            let cells = [&due, &task.group, &task.what, &task.place, &task.state, &task.command];
            writer.write_record(cells.map(|cell| crate::csv::cell(cell).into_owned()))?;
        }
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Checklist {
        let day = |day| NaiveDate::from_ymd_opt(2026, 12, day);
        let task = |due, group: &str, what: &str| Task {
            due,
            group: group.to_owned(),
            what: what.to_owned(),
            place: "<b>bucket</b>".to_owned(),
            state: "=cmd()".to_owned(),
            command: String::new(),
        };
        let mut list = Checklist {
            owner: "team <i>x</i>".to_owned(),
            contact: Some("#team".to_owned()),
            as_of: "2026-12-02".to_owned(),
            synthetic: None,
            tasks: vec![task(None, "Failing", "c"), task(day(3), "Failing", "b"), task(day(1), "Failing", "a"), task(day(2), "Keep", "d")],
        };
        list.sort();
        list
    }

    #[test]
    fn what_is_due_first_comes_first_in_its_group() {
        let order: Vec<String> = sample().tasks.into_iter().map(|task| task.what).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }

    #[test]
    fn the_page_looks_like_this() {
        let mut out = Vec::new();
        let mut list = sample();
        list.synthetic = Some("made up".to_owned());
        list.html(&mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(page.replace(STYLE, "…"));
    }

    #[test]
    fn names_are_inert_in_every_format() {
        let write = |write: fn(&Checklist, &mut dyn Write) -> io::Result<()>| {
            let mut out = Vec::new();
            write(&sample(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let html = write(|list, out| list.html(out));
        assert!(!html.contains("<b>bucket") && !html.contains("<i>x") && html.contains("1 overdue"));
        let md = write(|list, out| list.md(out));
        assert!(!md.contains("<b>bucket") && md.contains("- [ ] **2026-12-01** a"));
        let csv = write(|list, out| list.csv(out));
        assert!(csv.lines().skip(1).all(|line| line.contains(",'=cmd()")), "{csv}");
    }
}
