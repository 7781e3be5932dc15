//! XML in a form that can be compared: sorted attributes, no space between elements.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The canonical form, or nothing if the text is no XML.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut out = String::new();
    let mut content = String::new();
    let flush = |content: &mut String, out: &mut String| {
        out.push_str(content.trim());
        content.clear();
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                flush(&mut content, &mut out);
                out.push_str(&format!("<{}{}>", start.name().into_inner(), attributes(&start)));
            }
            Event::End(end) => {
                flush(&mut content, &mut out);
                out.push_str(&format!("</{}>", end.name().into_inner()));
            }
            Event::Text(text) => content.push_str(&text.into_inner()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(letter) => content.push(letter),
                None => content.push_str(&format!("&{};", &*reference)),
            },
            Event::Eof => return (!out.is_empty()).then_some(out),
            _ => {}
        }
    }
}

fn attributes(start: &BytesStart<'_>) -> String {
    let mut found: Vec<String> =
        start.attributes().flatten().map(|attribute| format!(" {}={:?}", attribute.key.into_inner(), attribute.value)).collect();
    found.sort();
    found.concat()
}
