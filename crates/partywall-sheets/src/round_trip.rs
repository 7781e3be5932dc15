//! Property tests: what is written is read again, and written again it is the same.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cell::clean;
use crate::fixture::{about, hostile, matrix};
use crate::reading::changed;
use crate::{
    CisRow, ControlPart, CrmRow, ImplementationStatus, Inheritance, Origination, Sheet, cis_rows, cis_sheet, crm_rows, crm_sheet, read_cis,
    read_crm,
};

fn control() -> impl Strategy<Value = ControlPart> {
    let number = 1_u16..1000;
    ("[a-z]{2}", number.clone(), option::of(number), option::of("[a-z]{1,2}(\\.[0-9]{1,2})?")).prop_map(
        |(family, number, enhancement, part)| {
            let enhancement = enhancement.map(|enhancement| format!(".{enhancement}")).unwrap_or_default();
            ControlPart { control: format!("{family}-{number}{enhancement}"), part }
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["['\"=+@<>r/\t\r\n, ;a-]{0,12}", "\\PC{0,30}", "[_x0-9D]{0,20}", Just("_x000D__x005F_".to_owned()), Just(String::new())]
}

fn cis_row() -> impl Strategy<Value = CisRow> {
    use ImplementationStatus as S;
    use Origination as O;
    let status = select(vec![S::Implemented, S::PartiallyImplemented, S::Planned, S::AlternativeImplementation, S::NotApplicable]);
    let origination = select(vec![
        O::ServiceProviderCorporate,
        O::ServiceProviderSystemSpecific,
        O::ServiceProviderHybrid,
        O::ConfiguredByCustomer,
        O::ProvidedByCustomer,
        O::Shared,
        O::Inherited,
    ]);
    (control(), btree_set(status, 0..5), btree_set(origination, 0..7)).prop_map(|(control, status, origination)| CisRow {
        control,
        status,
        origination,
    })
}

fn crm_row() -> impl Strategy<Value = CrmRow> {
    let inheritance = option::of(select(vec![Inheritance::Yes, Inheritance::Partial, Inheritance::No]));
    (control(), inheritance, text()).prop_map(|(control, inheritance, text)| CrmRow { control, inheritance, text })
}

fn both(sheet: &Sheet) -> [Vec<u8>; 2] {
    [sheet.to_csv().unwrap(), sheet.to_xlsx().unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cis_rows_come_back(rows in vec(cis_row(), 0..8)) {
        let sheet = cis_sheet(&rows, &about());
        for bytes in both(&sheet) {
            let read = read_cis(&bytes).unwrap();
            prop_assert_eq!(&read, &rows);
            prop_assert_eq!(cis_sheet(&read, &about()).to_csv().unwrap(), sheet.to_csv().unwrap());
        }
    }

    #[test]
    fn crm_rows_come_back(rows in vec(crm_row(), 0..8)) {
        let sheet = crm_sheet(&rows, &about());
        let meant: Vec<CrmRow> = rows.into_iter().map(|row| CrmRow { text: clean(&row.text).into_owned(), ..row }).collect();
        for bytes in both(&sheet) {
            let read = read_crm(&bytes).unwrap();
            prop_assert_eq!(&read, &meant);
            prop_assert_eq!(crm_sheet(&read, &about()).to_csv().unwrap(), sheet.to_csv().unwrap());
        }
    }

    #[test]
    fn no_bytes_make_it_fail_otherwise(text in "\\PC{0,200}", bytes in vec(any::<u8>(), 0..200)) {
        let _ = (read_crm(text.as_bytes()), read_cis(&bytes));
        let zip = [b"PK\x03\x04".as_slice(), &bytes].concat();
        prop_assert!(read_crm(&zip).is_err());
    }

    /// What comes of it is rows or an error, and nothing else: parts of a workbook with bytes overwritten, anywhere.
    #[test]
    fn damaged_workbooks_are_rows_or_errors(damage in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), select(b"<>/\"&;=0A9-".to_vec())), 1..6)) {
        let matrix = matrix();
        let whole = crm_sheet(&crm_rows(&matrix).unwrap(), &about()).to_xlsx().unwrap();
        let mut part = 0;
        let damaged = changed(&whole, |mut content| {
            for (_, at, byte) in damage.iter().filter(|(which, ..)| which.index(11) == part) {
                let at = at.index(content.len());
                content[at] = *byte;
            }
            part += 1;
            content
        });
        prop_assert!(part >= 9);
        if let Ok(rows) = read_crm(&damaged) {
            prop_assert!(rows.len() <= crm_rows(&matrix).unwrap().len());
        }
    }
}

#[test]
fn a_whole_matrix_comes_back() {
    for matrix in [matrix(), hostile()] {
        let (cis, crm) = (cis_rows(&matrix).unwrap(), crm_rows(&matrix).unwrap());
        for bytes in both(&cis_sheet(&cis, &matrix.about())) {
            assert_eq!(read_cis(&bytes).unwrap(), cis);
        }
        for bytes in both(&crm_sheet(&crm, &matrix.about())) {
            let meant = crm.iter().map(|row| CrmRow { text: clean(&row.text).into_owned(), ..row.clone() });
            assert_eq!(read_crm(&bytes).unwrap(), meant.collect::<Vec<_>>());
        }
    }
}
