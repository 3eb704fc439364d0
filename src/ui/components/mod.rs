//! Parts that pages share: each takes the data it shows and callbacks for what it asks, and knows nothing of where data
//! comes from.

pub mod field;
pub mod form;
pub mod form_field;
