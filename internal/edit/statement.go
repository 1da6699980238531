package edit

// Statement is a key of a file of lines, as its reader sees it.
type Statement struct {
	Section string // in its one spelling
	Name    string // likewise
	Value   string // as in the file
}

// Statements returns the keys of a file in their order.
func Statements(src []byte, f Format, d Dialect) (out []Statement) {
	r := d.rules(f)
	for _, a := range r.scan(src) {
		if !a.commented {
			out = append(out, Statement{r.foldSection(a.section), r.fold(a.name), string(src[a.value:a.stop])})
		}
	}
	return out
}
