package resources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"converge/internal/resource"
)

// TypePassword is the type of a question whose answer is secret.
const TypePassword = "password"

// TypeMultiselect is the type of a question whose answer is any number of choices.
const TypeMultiselect = "multiselect"

// questionTypes are the types of questions, see debconf-devel(7).
func questionTypes() []string {
	return []string{"string", "boolean", "select", TypeMultiselect, TypePassword, "text", "note"}
}

// Answers are the answers to questions, by name; nil if none was given. Texts that are not UTF-8 are encoded (see
// [resource.EncodeText]).
type Answers map[string]*string

// Names returns the names of the questions, sorted.
func (a Answers) Names() []string { return slices.Sorted(maps.Keys(a)) }

// AnswersVal returns answers as the value of an attribute.
func AnswersVal(a Answers) cty.Value {
	attrs := make(map[string]cty.Value, len(a))
	for question, v := range a {
		attrs[question] = cty.NullVal(cty.String)
		if v != nil {
			attrs[question] = cty.StringVal(*v)
		}
	}
	return cty.ObjectVal(attrs)
}

// PasswordsBlob returns answers as JSON.
func PasswordsBlob(a Answers) *resource.Blob {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // texts and nulls always encode
	}
	return resource.BytesBlob(text)
}

// SetAnswers sets the attributes that hold answers: public ones, and passwords.
func (w *DebconfWant) SetAnswers(public, secret Answers) {
	if len(public) > 0 {
		w.Values = AnswersVal(public)
	}
	if len(secret) > 0 {
		w.Passwords = PasswordsBlob(secret)
	}
}

// Public returns the answers that are not passwords.
func (w *DebconfWant) Public() (Answers, error) {
	out := Answers{}
	if w.Values == cty.NilVal || w.Values.IsNull() {
		return out, nil
	}
	for question, v := range w.Values.AsValueMap() {
		switch {
		case v.IsNull():
			out[question] = nil
		case v.Type() != cty.String:
			return nil, fmt.Errorf("the answer to %s is not a text", question)
		default:
			out[question] = new(v.AsString())
		}
	}
	return out, nil
}

// Secret returns the answers that are passwords.
func (w *DebconfWant) Secret() (Answers, error) {
	out := Answers{}
	if w.Passwords == nil {
		return out, nil
	}
	text, err := contentText(w.Passwords)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// All returns all answers.
func (w *DebconfWant) All() (Answers, error) {
	public, err := w.Public()
	if err != nil {
		return nil, err
	}
	secret, err := w.Secret()
	maps.Copy(public, secret)
	return public, err
}

// Answer is a declared answer to a question.
type Answer struct{ Type, Value string }

// answerWant is an element of the attribute answers.
type answerWant struct {
	Type  string    `attr:"type"`
	Value cty.Value `attr:"value"`
}

// readAnswers returns the declared answers by the names of their questions.
func readAnswers(v cty.Value) (map[string]Answer, error) {
	if v == cty.NilVal || !v.CanIterateElements() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return nil, errors.New(`must be answers by the names of their questions: { "tzdata/Areas" = { type = "select", value = "Europe" } }`)
	}
	out := map[string]Answer{}
	for question, v := range v.AsValueMap() {
		if err := checkQuestion(question); err != nil {
			return nil, err
		}
		if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
			return nil, fmt.Errorf("must be an object of type and value for %s", question)
		}
		w, err := resource.Decode[answerWant](cty.ObjectVal(v.AsValueMap()))
		if err != nil {
			return nil, fmt.Errorf("must have type and value, and nothing else, for %s", question)
		}
		a, err := w.read()
		if err != nil {
			return nil, fmt.Errorf("%w (the question %s)", err, question)
		}
		out[question] = a
	}
	if len(out) == 0 {
		return nil, errors.New("must have at least one answer")
	}
	return out, nil
}

func checkAnswers(v cty.Value) error {
	_, err := readAnswers(v)
	return err
}

func checkQuestion(name string) error {
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || r == ',' }
	return require(name != "" && !strings.ContainsFunc(name, unfit), fmt.Sprintf("must be by names of questions, such as tzdata/Areas; %q is none", name))
}

func (w *answerWant) read() (Answer, error) {
	a := Answer{Type: w.Type}
	switch {
	case !slices.Contains(questionTypes(), w.Type):
		return a, fmt.Errorf("must have one of the types %s", strings.Join(questionTypes(), ", "))
	case w.Value == cty.NilVal:
		return a, errors.New("must have a value; an empty one is \"\"")
	}
	text, err := w.text()
	if err != nil {
		return a, err
	}
	a.Value = text
	switch text := resource.DecodeBytes(text); {
	case w.Type == "boolean" && text != "true" && text != "false":
		return a, errors.New("must be true or false")
	case strings.ContainsRune(text, 0):
		return a, errors.New("must be a text without a zero byte")
	case strings.Contains(text, `\n`):
		return a, errors.New(`cannot contain a backslash before an n: debconf reads it as the end of a line`)
	}
	return a, nil
}

// text returns the value in debconf's form.
func (w *answerWant) text() (string, error) {
	t := w.Value.Type()
	if w.Type == TypeMultiselect && (t.IsTupleType() || t.IsListType() || t.IsSetType()) {
		var items []string
		for _, v := range w.Value.AsValueSlice() {
			item, err := convert.Convert(v, cty.String)
			if err != nil || item.IsNull() || !isChoice(item.AsString()) {
				return "", errors.New("must be a list of choices, none empty, with a backslash, or with a blank at its beginning or end")
			}
			items = append(items, item.AsString())
		}
		return joinChoices(items), nil
	}
	v, err := convert.Convert(w.Value, cty.String)
	if err != nil || v.IsNull() {
		return "", errors.New("must have a text as its value (a multiselect: or a list)")
	}
	return v.AsString(), nil
}

// isChoice reports whether a choice can be one of several.
func isChoice(s string) bool {
	return s != "" && strings.Trim(s, choiceBlanks) == s && !strings.ContainsAny(s, "\\\n")
}

const choiceBlanks = " \t\n\r\f\v"

// joinChoices returns the answer to a multiselect in debconf's form.
func joinChoices(items []string) string {
	escaped := make([]string, len(items))
	for i, item := range items {
		escaped[i] = strings.ReplaceAll(item, ",", `\,`)
	}
	return strings.Join(escaped, ", ")
}

// splitChoices returns the choices of an answer to a multiselect, as Debconf::Question does: a comma and blanks
// separate choices, and a backslash protects a comma or a blank.
func splitChoices(text string) (items []string) {
	var item bytes.Buffer
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		blanks := len(rest) - 1 - len(strings.TrimLeft(rest[1:], choiceBlanks))
		switch {
		case rest[0] == '\\' && len(rest) > 1 && (rest[1] == ',' || rest[1] == ' '):
			item.WriteByte(rest[1])
			i++
		case rest[0] == ',' && blanks > 0:
			items = append(items, item.String())
			item.Reset()
			i += blanks
		default:
			item.WriteByte(rest[0])
		}
	}
	if item.Len() > 0 {
		items = append(items, item.String())
	}
	return items
}

// IsSameAnswer reports whether two answers to a question mean the same; nil means none.
func IsSameAnswer(questionType string, a, b *string) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case *a == *b:
		return true
	case questionType != TypeMultiselect:
		return false
	}
	set := func(text string) []string { return slices.Compact(slices.Sorted(slices.Values(splitChoices(text)))) }
	return slices.Equal(set(*a), set(*b))
}
