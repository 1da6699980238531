package zypper

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// answer is the parsed XML output of a command (/usr/share/zypper/xml/xmlout.rnc).
type answer struct {
	errors   []string // messages of type error
	messages string   // all messages, one per line
	problems []string // why the solver found no solution
	summary  bool     // the solver found a solution
	count    int      // the number of its packages, as zypper counts them
	rows     []packages.Operation
	begun    bool              // a package was installed or removed
	thieves  map[string]string // packages with a file that another package has too → the conflict
	err      error             // the format is unknown, or the end is missing
}

// readAnswer parses the output of a command.
func readAnswer(out string) answer {
	r := &answerReader{d: xml.NewDecoder(strings.NewReader(out))}
	r.d.Strict = false // messages contain the output of rpm and scripts
	err := r.readAll()
	if err == nil && !strings.HasSuffix(strings.TrimSpace(out), "</"+rootElement+">") {
		err = errors.New("its end is missing") // the lenient decoder adds it
	}
	if err != nil {
		r.a.err = fmt.Errorf("zypper answers in an unknown form: %w: %s", err, quoteEnds(out))
	}
	return r.a
}

// rootElement is the root element of every answer.
const rootElement = "stream"

// quoteEnds quotes the beginning and the end of the output, for an error.
func quoteEnds(out string) string {
	const most = 100
	if out = strings.TrimSpace(out); len(out) > 2*most {
		return fmt.Sprintf("%q … %q", out[:most], out[len(out)-most:])
	}
	return strconv.Quote(out)
}

func (r *answerReader) readAll() error {
	seen := false
	for {
		token, err := r.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if name := start.Name.Local; !seen && name != rootElement {
			return fmt.Errorf("it is a document <%s>, not <%s>", name, rootElement)
		}
		seen = true
		if err := r.readElement(start); err != nil {
			return err
		}
	}
	if !seen {
		return errors.New("there is no XML in it")
	}
	if r.a.summary && r.a.count != len(r.a.rows) {
		return fmt.Errorf("it counts %d packages to change, and lists %d", r.a.count, len(r.a.rows))
	}
	return nil
}

// answerReader parses an answer.
type answerReader struct {
	d    *xml.Decoder
	list string // the current list: "to-install"
	a    answer
}

func (r *answerReader) readElement(e xml.StartElement) error {
	switch name := e.Name.Local; {
	case name == "message":
		var text string
		if err := r.d.DecodeElement(&text, &e); err != nil {
			return err
		}
		text = strings.TrimSpace(text)
		r.a.messages += text + "\n"
		if attribute(e, "type") == "error" {
			r.a.errors = append(r.a.errors, text)
		}
	case name == "description" && r.list == "":
		var text string
		if err := r.d.DecodeElement(&text, &e); err != nil {
			return err
		}
		if strings.Contains(text, "Problem") {
			r.a.problems = append(r.a.problems, strings.TrimSpace(text))
		}
	case name == "install-summary":
		n, err := strconv.Atoi(attribute(e, "packages-to-change"))
		r.a.summary, r.a.count = true, n
		return err
	case strings.HasPrefix(name, "to-"):
		r.list = name
	case name == "solvable" && r.list != "":
		return r.addRow(e)
	case name == "fileconflict":
		return r.addConflict(e)
	case name == "prompt" || name == "progress":
		r.list = ""
		r.a.begun = r.a.begun || strings.HasSuffix(attribute(e, "id"), "-resolvable") && attribute(e, "done") == "1"
	}
	return nil
}

// addRow adds a package of the summary. It skips patterns and products: they stand for packages that are also listed.
func (r *answerReader) addRow(e xml.StartElement) error {
	o := packages.Operation{
		Name: attribute(e, "name"), Arch: attribute(e, "arch"),
		Old: rpm.ShortVersion(attribute(e, "edition-old")), New: rpm.ShortVersion(attribute(e, "edition")),
	}
	if attribute(e, "type") != "package" {
		r.a.count-- // zypper counts it too
		return nil
	}
	switch r.list {
	case "to-install":
		o.Old = ""
	case "to-remove":
		o.Old, o.New = o.New, ""
	case "to-reinstall":
		o.Old = o.New
	case "to-upgrade", "to-downgrade", "to-upgrade-change-arch", "to-downgrade-change-arch", "to-change-arch", "to-change-vendor", "to-upgrade-change-vendor", "to-downgrade-change-vendor":
		if o.Old == "" {
			return fmt.Errorf("package %s in list %s has no old version", o.Name, r.list)
		}
	default:
		return fmt.Errorf("unknown list %s", r.list)
	}
	if o.Name == "" || o.Old == "" && o.New == "" {
		return fmt.Errorf("list %s has a package without name or version", r.list)
	}
	r.a.rows = append(r.a.rows, o)
	return nil
}

// addConflict adds a file that two packages contain; the left one is to be installed.
func (r *answerReader) addConflict(e xml.StartElement) error {
	type side struct {
		File string `xml:"file"`
		Name string `xml:"solvable>name"`
	}
	var c struct {
		Left  side `xml:"lhs"`
		Right side `xml:"rhs"`
	}
	if err := r.d.DecodeElement(&c, &e); err != nil {
		return err
	}
	if r.a.thieves == nil {
		r.a.thieves = map[string]string{}
	}
	r.a.thieves[c.Left.Name] = fmt.Sprintf("its file %s is in %s too, with other content", c.Left.File, c.Right.Name)
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// firstError returns the cause that zypper reports, on one line.
func (a answer) firstError(res tool.Result) string {
	for _, name := range slices.Sorted(maps.Keys(a.thieves)) {
		return "cannot install " + name + ": " + a.thieves[name]
	}
	for _, e := range a.errors {
		if !strings.HasPrefix(e, "Problem occurred during or after installation") {
			return strings.Join(strings.Fields(e), " ")
		}
	}
	for _, p := range a.problems {
		return strings.Join(strings.Fields(p), " ")
	}
	if res.Stderr != "" {
		return tool.LastLines(res.Stderr, 1)
	}
	return fmt.Sprintf("exit status %d", res.Status)
}
