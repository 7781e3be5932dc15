//! A sheet as a workbook.

use chrono::Datelike;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::cell::defuse_marked;
use crate::sheet::Sheet;
use crate::{About, SheetsError};

/// The most UTF-16 units of a cell.
const LONGEST: usize = 32_767;

/// A format, and the same for text that would be run if somebody edited it.
struct Style {
    plain: Format,
    marked: Format,
}

impl Style {
    fn new(plain: Format) -> Self {
        Self { marked: plain.clone().set_quote_prefix(), plain }
    }
}

/// The workbook's bytes.
pub(crate) fn write(sheet: &Sheet) -> Result<Vec<u8>, SheetsError> {
    for (index, row) in sheet.rows.iter().enumerate() {
        for (column, text) in sheet.columns.iter().zip(row) {
            // One more for the apostrophe.
            let length = text.encode_utf16().count() + 1;
            if length > LONGEST {
                return Err(SheetsError::LongText { row: index + 1, column: column.heading, length: length - 1 });
            }
        }
    }
    workbook(sheet).map_err(|error| SheetsError::Write(error.to_string()))
}

fn workbook(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let About { as_of, .. } = &sheet.about;
    let [title, about] = sheet.caption();
    let mut workbook = Workbook::new();
    // Else the writer takes the clock's time, and no two runs give the same bytes.
    let month = u8::try_from(as_of.month()).unwrap_or(1);
    let day = u8::try_from(as_of.day()).unwrap_or(1);
    let made = ExcelDateTime::from_ymd(u16::try_from(as_of.year()).unwrap_or(0), month, day)?;
    workbook.set_properties(&DocProperties::new().set_title(title.as_str()).set_author("partywall").set_creation_datetime(&made));
    let last_column = u16::try_from(sheet.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);

    let heading = Format::new().set_bold().set_font_size(14);
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let header = cell.clone().set_bold().set_background_color(Color::RGB(0x00E6_E1D8)).set_border(FormatBorder::Thin);
    let band = header.clone().set_align(FormatAlign::Center);
    let (cell, header) = (Style::new(cell.set_border(FormatBorder::Hair)), Style::new(header));

    let page = workbook.add_worksheet();
    page.set_name(sheet.tab)?;
    text(page, 0, 0, &title, &Style::new(heading))?;
    text(page, 1, 0, &about, &Style::new(Format::new()))?;
    let mut row = 2;
    if !sheet.bands.is_empty() {
        for (words, first, columns) in sheet.bands {
            page.merge_range(row, *first, row, first + columns - 1, words, &band)?;
        }
        row += 1;
    }
    let header_row = row;
    for (column, at) in sheet.columns.iter().zip(0_u16..) {
        page.set_column_width(at, f64::from(column.width))?;
        text(page, header_row, at, column.heading, &header)?;
    }
    for (cells, at) in sheet.rows.iter().zip(header_row + 1..) {
        row = at;
        for (words, column) in cells.iter().zip(0_u16..) {
            text(page, at, column, words, &cell)?;
        }
    }
    page.autofilter(header_row, 0, row, last_column)?;
    page.set_freeze_panes(header_row + 1, sheet.fixed)?;
    page.set_repeat_rows(header_row, header_row)?;
    page.set_landscape().set_print_fit_to_pages(1, 0).set_footer("&L&A&RPage &P of &N");
    workbook.save_to_buffer()
}

fn text(page: &mut Worksheet, row: u32, column: u16, words: &str, style: &Style) -> Result<(), XlsxError> {
    let (words, marked) = defuse_marked(words);
    page.write_string_with_format(row, column, words, if marked { &style.marked } else { &style.plain })?;
    Ok(())
}
