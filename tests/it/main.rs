//! One test binary: modules by subject.

mod pack;
mod scope;
mod text;
