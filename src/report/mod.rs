//! One report value and its renderings: terminal, Markdown, JSON. Log text is hostile here: escaped in one place.
