package debconf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// writeTime bounds the writing of the database, which an interrupt does not stop: debconf
// replaces its file in two steps, and is without one between them.
const writeTime = 2 * time.Minute

// answersChange is a change of the answers to the questions of one package.
type answersChange = resource.TypedChange[answersWant]

// ApplyAll implements [resource.Transactor]: one run of the library for all packages.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	var steps []step
	for i, c := range cs {
		t, err := resource.TypeChange[answersWant](c)
		if err == nil {
			err = p.answers.addSteps(&steps, t)
		}
		errs[i] = err
	}
	err := p.answers.write(ctx, steps)
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return resource.Outcome{Errs: errs}
}

// Apply implements [resource.TypedProvider].
func (a *answers) Apply(ctx context.Context, c answersChange) error {
	var steps []step
	if err := a.addSteps(&steps, c); err != nil {
		return err
	}
	return a.write(ctx, steps)
}

// addSteps adds the questions that are answered otherwise than wanted.
func (a *answers) addSteps(steps *[]step, c answersChange) error {
	if err := a.checkTypes(&c.Want); err != nil {
		return err
	}
	db, err := a.read()
	if err != nil {
		return err
	}
	answers, err := c.Want.All()
	if err != nil {
		return err
	}
	pasts, err := c.Want.Past()
	if err != nil {
		return err
	}
	for _, name := range answers.Names() {
		typ, want := c.Want.Types.Value[name], answers[name]
		if resources.IsSameAnswer(typ, db.questions[resource.DecodeBytes(name)].answer(), want) {
			continue
		}
		s := step{owner: c.Want.Package, question: resource.DecodeBytes(name), typ: typ, registered: true, owned: true, seen: want != nil}
		if past, recorded := pasts[name]; recorded {
			s.registered, s.owned, s.seen = past.Registered, past.Owned, past.Seen
		}
		if want != nil {
			s.value = new(resource.DecodeBytes(*want))
		}
		*steps = append(*steps, s)
	}
	return nil
}

// write makes the library carry out the steps.
func (a *answers) write(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	defer a.forget()
	return a.run(ctx, "write the answers to questions of packages", tool.Command{Argv: []string{"perl", "-e", script}, Stdin: input(steps)})
}

// run runs a program that writes the database, once no other program does.
func (a *answers) run(ctx context.Context, what string, c tool.Command) error {
	db, err := a.read()
	if err != nil {
		return err
	}
	c.Keep = true
	limited, cancel := context.WithTimeout(ctx, a.host.Patience+writeTime)
	defer cancel()
	res, err := a.host.RunLocked(limited, a.locks(db), isRefused, c)
	if err == nil && res.Status != 0 {
		err = errors.New(strings.TrimSpace(tool.LastLines(res.Stdout+res.Stderr, tool.ShownLines) + fmt.Sprintf(" (exit status %d)", res.Status)))
	}
	if err != nil {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return nil
}

// Record implements [resource.Recorder]: it adds the state of each question. Passwords become a text, which the
// journal keeps unread.
func (p *Provider) Record(_ context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	want, err := resource.Decode[answersWant](c.Want)
	if err != nil {
		return c, nil, err
	}
	db, err := p.answers.read()
	if err != nil {
		return c, nil, err
	}
	answers, err := want.All()
	if err != nil {
		return c, nil, err
	}
	pasts, secret := resources.DebconfPasts{}, resources.Answers{}
	for name := range answers {
		q, registered := db.questions[resource.DecodeBytes(name)]
		past := resources.DebconfPast{
			Type: want.Types.Value[name], Registered: registered, Owned: q.isOwnedBy(want.Package), Seen: q.seen, Given: q.value != nil,
		}
		if past.Type == resources.TypePassword {
			secret[name] = q.answer()
		} else {
			past.Value = q.answer()
		}
		pasts[name] = past
	}
	text, err := json.Marshal(pasts)
	if err != nil {
		return c, nil, err
	}
	have := resource.With(c.Have, "was", cty.StringVal(resource.EncodeText(string(text))))
	if len(secret) > 0 {
		text, ok := resources.PasswordsBlob(secret).Bytes()
		if !ok {
			return c, nil, errors.New("cannot record the passwords that there are")
		}
		have = resource.With(have, "passwords", cty.StringVal(string(text)))
	}
	return c.WithPast(c.Kind, have), nil, nil
}

var _ interface {
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Actor
	resource.Invalidator
} = (*Provider)(nil)
