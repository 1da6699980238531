package debconf

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// answersWant are the wanted answers of one package.
type answersWant = resources.DebconfWant

// Observe implements [resource.TypedProvider].
func (a *answers) Observe(_ context.Context, want answersWant) (*answersWant, error) {
	db, err := a.read()
	if err != nil {
		return nil, err
	}
	public, err := want.Public()
	if err != nil {
		return nil, err
	}
	secret, err := want.Secret()
	if err != nil {
		return nil, err
	}
	forgotten, err := a.forgetsPasswords(db, &want, secret)
	if err != nil {
		return nil, err
	}
	have := &answersWant{Package: want.Package, Types: want.Types}
	havePublic, samePublic := db.compare(&want, public, nil)
	haveSecret, sameSecret := db.compare(&want, secret, forgotten)
	have.SetAnswers(havePublic, haveSecret)
	if samePublic {
		have.Values = want.Values
	}
	if sameSecret {
		have.Passwords = want.Passwords
	}
	return have, nil
}

// compare returns the answers to the questions of wanted, in the wanted words if they mean the same. For forgotten
// passwords, an empty one equals any.
func (db *database) compare(want *answersWant, wanted resources.Answers, forgotten map[string]bool) (have resources.Answers, same bool) {
	have, same = resources.Answers{}, true
	for name, w := range wanted {
		h := db.questions[resource.DecodeBytes(name)].answer()
		if resources.IsSameAnswer(want.Types.Value[name], h, w) || forgotten[name] && (h == nil || *h == "") {
			h = w
		} else {
			same = false
		}
		have[name] = h
	}
	return have, same
}

// answer returns the answer in the form of an attribute.
func (q question) answer() *string {
	if q.value == nil {
		return nil
	}
	return new(resource.EncodeText(*q.value))
}

// forgetsPasswords returns the passwords that count as given though they are missing: the scripts of many packages
// remove one from the database once they have used it. A password that converge has never given is missing. What a
// rollback wants is compared as it is.
func (a *answers) forgetsPasswords(db *database, want *answersWant, secret resources.Answers) (map[string]bool, error) {
	if want.Was != nil {
		return nil, nil
	}
	if _, same := db.compare(want, secret, nil); same {
		return nil, nil
	}
	_, configured, err := a.configured(want.Package)
	if err != nil || !configured {
		return nil, err
	}
	pasts, known := resources.DebconfPasts(nil), true
	if a.recorded != nil {
		pasts, known = a.recorded(want.Package)
	}
	out := map[string]bool{}
	for name := range secret {
		_, recorded := pasts[name]
		out[name] = known && (recorded || pasts == nil)
	}
	return out, nil
}

// Review implements [resource.Reviewer].
func (p *Provider) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskAction || c.Empty() {
		return r
	}
	want, err := resource.Decode[answersWant](c.Want)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	_, configured, err := p.answers.configured(want.Package)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if o.Ask == resource.AskAction {
		if !configured {
			r.Satisfied, r.Notes = true, []string{want.Package + " is not installed: its first configuration uses the answers"}
		}
		return r
	}
	if r.Blocked = p.answers.checkTypes(&want); configured && want.Was == nil {
		r.Notes = []string{want.Package + " is configured already: its scripts see the answers when it is configured again (the verb reconfigure)"}
	}
	return r
}

// checkTypes refuses a question of another type than that of its package: the library would set that type, and
// everybody might be able to read a password.
func (a *answers) checkTypes(want *answersWant) error {
	db, err := a.read()
	if err != nil {
		return err
	}
	templates, err := db.templates()
	if err != nil {
		return err
	}
	answers, err := want.All()
	if err != nil {
		return err
	}
	var wrong []string
	for _, name := range answers.Names() {
		q := db.questions[resource.DecodeBytes(name)]
		at := q.template
		if at == "" {
			at = name
		}
		t, known := templates[at]
		if declared := want.Types.Value[name]; known && !t.isStandin() && t.typ != "" && declared != "" && t.typ != declared {
			wrong = append(wrong, fmt.Sprintf("%s is of the type %s, and not %s", name, t.typ, declared))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("cannot answer the questions of %s: %s", want.Package, strings.Join(wrong, "; "))
	}
	return nil
}
