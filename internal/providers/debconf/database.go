package debconf

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"converge/internal/fsys"
)

// maxDatabase bounds the bytes read of a file: a hundred times the size on a large desktop.
const maxDatabase = 512 << 20

// database is debconf's database at one moment.
type database struct {
	store
	questions map[string]question
	templates func() (map[string]template, error) // read when first asked: a no-op needs none
}

// question is debconf's record of a question.
type question struct {
	template string
	value    *string // bytes; nil: it was never answered
	seen     bool
	owners   []string
}

// template is debconf's record of the text of a question.
type template struct {
	typ         string
	description string
}

// isStandin reports whether the template comes from no package: debconf-set-selections makes such.
func (t template) isStandin() bool { return t.description == standinDescription }

// readDatabase reads the answers of a tree.
func readDatabase(tree fsys.Files) (*database, error) {
	s, err := findStore(tree)
	if err != nil {
		return nil, fmt.Errorf("cannot read the answers to questions of packages: %w", err)
	}
	db := &database{store: s, questions: map[string]question{}}
	for _, file := range s.answers {
		err := eachRecord(tree, file, func(r *record) {
			if q, known := db.questions[r.name]; known { // a record of an earlier file
				r.question = q.over(r.question)
			}
			db.questions[r.name] = r.question
		})
		if err != nil {
			return nil, err
		}
	}
	db.templates = sync.OnceValues(func() (map[string]template, error) {
		out := map[string]template{}
		for _, file := range s.templates {
			err := eachRecord(tree, file, func(r *record) {
				if _, known := out[r.name]; !known {
					out[r.name] = r.text
				}
			})
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	return db, nil
}

// over returns a question whose record precedes another one.
func (q question) over(next question) question {
	if q.value == nil {
		q.value = next.value
	}
	if q.template == "" {
		q.template = next.template
	}
	if len(q.owners) == 0 {
		q.owners = next.owners
	}
	return q
}

// isOwnedBy reports whether a package asks the question.
func (q question) isOwnedBy(name string) bool { return slices.Contains(q.owners, name) }

func eachRecord(tree fsys.Files, file string, add func(*record)) error {
	text, err := tree.ReadFile(file, maxDatabase)
	if errors.Is(err, fs.ErrNotExist) {
		if _, old := tree.Stat(file + "-old"); old == nil { // debconf would begin with an empty one
			return fmt.Errorf("cannot read %s: it is missing, and %s-old is there, so a program was killed while it wrote them; rename that file back", file, file)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read debconf's database: %w", err)
	}
	parseRecords(text, add)
	return nil
}

// record is a paragraph of a database.
type record struct {
	name string
	question
	text template
}

// parseRecords reads paragraphs as Debconf::Format::822 does, and calls add for each that
// has a name.
func parseRecords(text []byte, add func(*record)) {
	var r record
	variables := false
	flush := func() {
		if r.name != "" {
			add(&r)
		}
		r, variables = record{}, false
	}
	for line := range bytes.Lines(text) {
		line, _ = bytes.CutSuffix(line, []byte("\n"))
		switch {
		case len(line) == 0:
			flush()
		case variables && isBlank(line[0]):
		default:
			key, value := cutField(line)
			variables = key == "variables"
			r.setField(key, value)
		}
	}
	flush()
}

// cutField cuts a line at its colon, and one blank behind it.
func cutField(line []byte) (key, value string) {
	k, v, _ := bytes.Cut(line, []byte(":"))
	if len(v) > 0 && isBlank(v[0]) {
		v = v[1:]
	}
	return strings.ToLower(string(k)), string(v)
}

func (r *record) setField(key, value string) {
	switch key {
	case "name":
		r.name = value
	case "template":
		r.template = value
	case "value":
		r.value = new(strings.ReplaceAll(value, `\n`, "\n"))
	case "owners":
		r.owners = append(r.owners, splitList(value)...)
	case "flags":
		r.seen = r.seen || slices.Contains(splitList(value), "seen")
	case "type":
		r.text.typ = value
	case "description":
		r.text.description = value
	}
}

// splitList splits at commas with blanks behind them.
func splitList(text string) (out []string) {
	for text != "" {
		i := 0
		for i < len(text) && !(text[i] == ',' && i+1 < len(text) && isBlank(text[i+1])) {
			i++
		}
		out = append(out, text[:i])
		text = strings.TrimLeft(text[min(i+1, len(text)):], blanks)
	}
	return out
}

const blanks = " \t\n\v\f\r"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }
