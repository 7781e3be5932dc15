//! Whole files: as their publishers wrote them, in every format, and as an attacker would.

#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod published;
#[cfg(test)]
mod support;
#[cfg(test)]
mod written;
