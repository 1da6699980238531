package reference

import (
	"slices"

	"converge/internal/resource"
)

// Entry is one word of the reference: its form, the values that it accepts, and its Markdown.
type Entry struct{ Name, Traits, Doc string }

// DescribeAttrs returns all attributes that a block of the kind may set, in order.
func DescribeAttrs(k *resource.Kind) []Entry {
	return entriesOf(slices.Concat(listSettable(k), listVerbs(k), listCommon()))
}

// DescribeComputed returns the attributes of the kind that a manifest can only refer to.
func DescribeComputed(k *resource.Kind) []Entry { return entriesOf(listComputed(k)) }

// DescribeBlockAttrs returns the attributes of a block other than resources.
func DescribeBlockAttrs(name string) []Entry {
	for _, l := range listBlocks() {
		if l.name == name {
			return entriesOf(l.attrs)
		}
	}
	return nil
}

// DescribeBlocks returns the blocks other than resources; the traits show the form of one.
func DescribeBlocks() []Entry {
	var out []Entry
	for _, l := range listBlocks() {
		out = append(out, Entry{l.name, l.kind, l.doc})
	}
	return out
}

// DescribeFunctions returns the functions of the language; the traits show a call.
func DescribeFunctions() []Entry {
	var out []Entry
	for _, it := range listFunctions() {
		out = append(out, Entry{nameOfCall(it.name), it.name, it.doc})
	}
	return out
}

func entriesOf(items []item) []Entry {
	out := make([]Entry, len(items))
	for i, it := range items {
		out[i] = Entry{it.name, it.kind, joinLines(it.doc)}
	}
	return out
}
