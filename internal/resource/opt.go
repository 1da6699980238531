package resource

// Opt is the value of an attribute that a manifest may leave unset. Where Set
// is false, the attribute is not managed and Value is the zero value.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some returns v as a set attribute.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// Or returns the value, or unset if the attribute is not set.
func (o Opt[T]) Or(unset T) T {
	if o.Set {
		return o.Value
	}
	return unset
}

// Pointer returns a pointer to the value, nil if the attribute is not set.
func (o Opt[T]) Pointer() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// Text is a text attribute that stands for bytes (see [EncodeBytes]): a path,
// the text of a link.
type Text string

// Bytes returns the bytes that the text stands for, as a system call takes them.
func (t Text) Bytes() string { return DecodeBytes(string(t)) }

// Canonical returns the text in the one form of [CanonicalPath].
func (t Text) Canonical() Text { return Text(CanonicalPath(string(t))) }
