use std::sync::Arc;

use partywall_model::{Cause, Value};

/// The answer to a question about facts of which some may be unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Proved by known facts, whatever the unknown ones are.
    Yes,
    /// Refuted by known facts, whatever the unknown ones are.
    No,
    /// Depends on a fact that is not known; the first such reason.
    Unknown(Arc<Cause>),
}

impl Answer {
    /// Kleene conjunction: a known no decides.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown(cause), _) | (_, Self::Unknown(cause)) => Self::Unknown(cause),
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// Kleene disjunction: a known yes decides.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown(cause), _) | (_, Self::Unknown(cause)) => Self::Unknown(cause),
            (Self::No, Self::No) => Self::No,
        }
    }

    /// Yes for no and the other way round; unknown stays unknown.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// `yes` or `no` as this answer says; if this is unknown, their common answer, should they agree.
    #[must_use]
    pub fn choose(self, yes: Self, no: Self) -> Self {
        match self {
            Self::Yes => yes,
            Self::No => no,
            Self::Unknown(cause) => match (yes, no) {
                (Self::Yes, Self::Yes) => Self::Yes,
                (Self::No, Self::No) => Self::No,
                _ => Self::Unknown(cause),
            },
        }
    }

    /// Yes if one of the answers is yes; no if all are no and nothing is `missing`.
    pub fn any(answers: impl IntoIterator<Item = Self>, missing: Option<&Arc<Cause>>) -> Self {
        let mut result = missing.map_or(Self::No, |cause| Self::Unknown(Arc::clone(cause)));
        for answer in answers {
            result = answer.or(result);
            if result == Self::Yes {
                break;
            }
        }
        result
    }

    /// A boolean fact, or an unknown one.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Yes => Value::Bool(true),
            Self::No => Value::Bool(false),
            Self::Unknown(cause) => Value::Unknown(Arc::clone(cause)),
        }
    }
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// A part of a document that is known, or the reason why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// The part as written.
    Is(T),
    /// Could not be read, or is not what AWS accepts in this place.
    Unknown(Arc<Cause>),
}

impl<T> Known<T> {
    /// Why it is not known.
    pub fn cause(&self) -> Option<&Arc<Cause>> {
        match self {
            Self::Is(_) => None,
            Self::Unknown(cause) => Some(cause),
        }
    }

    /// The answer about the part; unknown if the part is.
    pub fn judge(&self, question: impl FnOnce(&T) -> Answer) -> Answer {
        match self {
            Self::Is(part) => question(part),
            Self::Unknown(cause) => Answer::Unknown(Arc::clone(cause)),
        }
    }
}

/// A list of which some elements may not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items<T> {
    /// The known elements in document order.
    pub known: Vec<T>,
    /// Set if there are, or may be, further elements: the first reason for not knowing them.
    pub missing: Option<Arc<Cause>>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { known: Vec::new(), missing: None }
    }
}

impl<T> Items<T> {
    /// Adds a known element, or notes that one is not known.
    pub(crate) fn push(&mut self, item: Result<T, Arc<Cause>>) {
        match item {
            Ok(item) => self.known.push(item),
            Err(cause) => self.miss(&cause),
        }
    }

    /// Notes that an element is not known; the first reason stays.
    pub(crate) fn miss(&mut self, cause: &Arc<Cause>) {
        self.missing.get_or_insert_with(|| Arc::clone(cause));
    }

    /// Whether an element has the property. Unknown if only an unknown element could.
    pub fn any(&self, question: impl FnMut(&T) -> Answer) -> Answer {
        Answer::any(self.known.iter().map(question), self.missing.as_ref())
    }

    /// Whether all elements have the property; yes for an empty list. Unknown if only an unknown element could lack it.
    pub fn all(&self, mut question: impl FnMut(&T) -> Answer) -> Answer {
        self.any(|item| question(item).negate()).negate()
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::CauseKind;

    use super::*;

    fn unknown() -> Answer {
        Answer::Unknown(Arc::new(Cause::new(CauseKind::NotLooked, "x")))
    }

    #[test]
    fn connectives_follow_kleene() {
        for (a, b, and, or) in [
            (Answer::Yes, unknown(), unknown(), Answer::Yes),
            (Answer::No, unknown(), Answer::No, unknown()),
            (Answer::Yes, Answer::No, Answer::No, Answer::Yes),
            (unknown(), unknown(), unknown(), unknown()),
        ] {
            assert_eq!(a.clone().and(b.clone()), and);
            assert_eq!(b.clone().and(a.clone()), and);
            assert_eq!(a.clone().or(b.clone()), or);
            assert_eq!(b.or(a), or);
        }
        assert_eq!(unknown().negate(), unknown());
        assert_eq!(unknown().choose(Answer::No, Answer::No), Answer::No);
        assert_eq!(unknown().choose(Answer::Yes, Answer::No), unknown());
    }

    #[test]
    fn an_incomplete_list_proves_presence_and_never_absence() {
        let items = Items { known: vec![1, 2], missing: Some(Arc::new(Cause::new(CauseKind::Denied, "x"))) };
        assert_eq!(items.any(|item| (*item == 2).into()), Answer::Yes);
        assert!(matches!(items.any(|item| (*item == 3).into()), Answer::Unknown(_)));
        assert_eq!(items.all(|item| (*item == 2).into()), Answer::No);
        assert!(matches!(items.all(|item| (*item > 0).into()), Answer::Unknown(_)));
        assert_eq!(Items::<u8>::default().all(|_| Answer::No), Answer::Yes);
    }
}
