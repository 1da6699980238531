package resources

import (
	"encoding/json"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// DebconfPast is the state of a question before a change, as the journal keeps it.
type DebconfPast struct {
	Type       string  `json:"type"`                 // as declared
	Registered bool    `json:"registered,omitempty"` // the question existed
	Owned      bool    `json:"owned,omitempty"`      // it belonged to the package
	Seen       bool    `json:"seen,omitempty"`
	Given      bool    `json:"given,omitempty"` // it had an answer
	Value      *string `json:"value,omitempty"` // the answer, unless it is a password
}

// DebconfPasts are the pasts of questions, by name.
type DebconfPasts map[string]DebconfPast

// Past decodes the earlier states of the questions; nil if they are not recorded.
func (w *DebconfWant) Past() (DebconfPasts, error) {
	if w.Was == nil {
		return nil, nil
	}
	text, err := contentText(w.Was)
	if err != nil {
		return nil, err
	}
	return ParseDebconfPasts(text)
}

// ParseDebconfPasts reads a record of earlier states of questions.
func ParseDebconfPasts(text string) (DebconfPasts, error) {
	out := DebconfPasts{}
	return out, json.Unmarshal([]byte(text), &out)
}

// joinDebconfPasts joins the records of two changes: for a question in both, the first counts.
func joinDebconfPasts(first, then string) string {
	var a, b DebconfPasts
	if json.Unmarshal([]byte(resource.DecodeBytes(first)), &a) != nil || json.Unmarshal([]byte(resource.DecodeBytes(then)), &b) != nil {
		return first
	}
	for question, past := range b {
		if _, known := a[question]; !known {
			a[question] = past
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		return first
	}
	return resource.EncodeText(string(text))
}

// losesAnswer reports whether a question loses its answer.
func losesAnswer(have, want cty.Value) bool {
	before, now := readAnswersVal(have), readAnswersVal(want)
	for question, answer := range now {
		if answer == nil && before[question] != nil {
			return true
		}
	}
	return false
}

// readAnswersVal reads the value of either attribute that holds answers; nil if it is not readable.
func readAnswersVal(v cty.Value) Answers {
	w := DebconfWant{Values: v}
	if b := resource.AsBlob(v); b != nil {
		w = DebconfWant{Passwords: b}
	}
	out, err := w.All()
	if err != nil {
		return nil
	}
	return out
}

// revertDebconf is Undo for answers: each question gets its recorded state.
func revertDebconf(p resource.Past, before, after DebconfWant) ([]resource.RevertTarget, error) {
	pasts, err := before.Past()
	if err != nil {
		return nil, err
	}
	if len(pasts) == 0 {
		return nil, errors.New("what the answers were is not known")
	}
	passwords, err := before.Secret()
	if err != nil {
		return nil, err
	}
	u := resource.RevertTarget{Want: p.Identity(), Made: p.AsMade()}
	delete(u.Made, "passwords") // only their digest is kept
	for name, v := range resource.EncodeAttrs(DebconfWant{Types: after.Types}) {
		u.Made[name] = v // answers are compared by it
	}
	want := DebconfWant{Types: resource.Some(map[string]string{})}
	public, secret := Answers{}, Answers{}
	for question, past := range pasts {
		want.Types.Value[question] = past.Type
		switch {
		case past.Type != TypePassword:
			public[question] = past.Value
		case !past.Given:
			secret[question] = nil
		case passwords[question] == nil:
			u.Notes = append(u.Notes, "the password "+question+" that was there before is not known: it stays")
			u.Lost = append(u.Lost, "the password "+question+" of package "+p.Name)
		default:
			secret[question] = passwords[question]
		}
	}
	want.SetAnswers(public, secret)
	for name, v := range resource.EncodeAttrs(want) {
		u.Want[name] = v
	}
	text, err := json.Marshal(pasts)
	if err != nil {
		return nil, err
	}
	u.Want["was"] = cty.StringVal(resource.EncodeText(string(text)))
	return []resource.RevertTarget{u}, nil
}
