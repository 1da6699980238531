package values

type mark string

// Sensitive marks a value that must not surface, and all that is made of it.
const Sensitive mark = "sensitive"
