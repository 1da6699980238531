package system

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// localeChange is a change of a locale.
type localeChange = resource.TypedChange[resources.LocaleWant]

// ApplyAll implements [resource.Transactor]: one edit of locale.gen for all locales.
func (l *Locales) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	typed := make([]localeChange, len(cs))
	for i, c := range cs {
		typed[i], errs[i] = resource.TypeChange[resources.LocaleWant](c)
	}
	l.locales.applyAll(ctx, typed, errs)
	return resource.Outcome{Errs: errs}
}

// Apply implements [resource.TypedProvider].
func (l *locales) Apply(ctx context.Context, c localeChange) error {
	errs := []error{nil}
	l.applyAll(ctx, []localeChange{c}, errs)
	return errs[0]
}

func (l *locales) applyAll(ctx context.Context, cs []localeChange, errs []error) {
	defer l.forget()
	s, err := l.read()
	var made []int // indexes of the changes that alter locale data
	for i := range cs {
		errs[i] = cmp.Or(errs[i], err, ctx.Err())
		c := &cs[i]
		if errs[i] == nil && (c.Differs("generated") || c.Differs("listed") || c.Action == resource.Delete) && !isBuiltIn(c.Want.Name) {
			made = append(made, i)
		}
	}
	if len(made) > 0 {
		l.defineAll(ctx, s, cs, made, errs)
	}
	for i := range cs {
		if errs[i] == nil && cs[i].Differs("lang") {
			errs[i] = l.setLang(ctx, s, resource.DecodeBytes(cs[i].Want.Lang.Value))
		}
	}
	for _, i := range made { // after setLang: one of them may have been the default
		if errs[i] == nil && isGone(cs[i].Want) {
			errs[i] = l.remove(ctx, s, cs, i)
		}
	}
}

// isGone reports whether the data of a locale must be removed.
func isGone(w resources.LocaleWant) bool {
	return w.IsAbsent() || w.Generated.Value == resources.LocaleMissing
}

// defineAll edits locale.gen, if it is used, and makes the data of locales. It does not run locale-gen: Debian's
// version first removes all locales, including those that the site does not list.
func (l *locales) defineAll(ctx context.Context, s *localeState, cs []localeChange, made []int, errs []error) {
	var err error
	if s.generator {
		err = l.list(ctx, s, cs, made)
	}
	all, _, e := readLocales(l.FS)
	err = cmp.Or(err, e)
	for _, i := range made {
		if errs[i] = err; err != nil {
			continue
		}
		if w := cs[i].Want; !isGone(w) && !all[normalizeLocale(w.Name)] {
			errs[i] = l.define(ctx, s, w.Name)
		}
	}
}

// list edits locale.gen.
func (l *locales) list(ctx context.Context, s *localeState, cs []localeChange, made []int) error {
	var parts []edit.Part
	for _, i := range made {
		parts = append(parts, s.wantedLine(cs[i].Want))
	}
	isOpened := false
	err := l.FS.Rewrite(ctx, fsys.Rewriting{Tag: "locale", Path: localeGen, Max: maxFile, Edit: func(text []byte) ([]byte, error) {
		isOpened = false
		if n := len(text); n > 0 && text[n-1] != '\n' { // locale-gen ignores a last line without a newline
			if err := l.noteEnd(resource.EncodeText(lastLine(text))); err != nil {
				return nil, err
			}
			text = append(text, '\n')
		}
		text, err := edit.Edit(text, parts)
		for _, i := range made {
			open, isClosed := bytes.CutSuffix(text, []byte("\n"))
			if was := cs[i].Want.OpenLine; isClosed && was.Set && resource.EncodeText(lastLine(open)) == was.Value {
				isOpened = true
				return open, err
			}
		}
		return text, err
	}})
	if err == nil && isOpened {
		err = l.noteEnd("")
	}
	return err
}

// noteEnd records the last line of locale.gen before it gets a newline; "": it has none again.
func (l *locales) noteEnd(line string) error {
	if l.Ledger == nil {
		return nil
	}
	return l.Ledger.NoteMaking(localeGenEnd, line)
}

// wantedLine returns the line of a locale in locale.gen. The line of an absent locale is commented out, as in Debian.
func (s *localeState) wantedLine(w resources.LocaleWant) edit.Part {
	line := edit.Line{Text: w.Name + " " + s.charset(w.Name), Match: listedLine(w.Name), Multiple: "first"}
	switch {
	case w.Listed.Set && w.Listed.Value == "":
		line.Absent = true
	case w.Listed.Set:
		line.Text = resource.DecodeBytes(w.Listed.Value)
	case w.IsAbsent():
		line.Text, line.Multiple = "# "+line.Text, "all"
	}
	return &line
}

// define adds one locale to the archive. localedef fails after a warning, too; then the archive shows whether it has
// the locale.
func (l *locales) define(ctx context.Context, s *localeState, name string) error {
	failed := l.run(ctx, "make the locale "+name, localedef, "-i", l.findSource(name), "-f", s.charset(name), name)
	if failed == nil || ctx.Err() != nil {
		return failed
	}
	if all, _, err := readLocales(l.FS); err != nil || !all[normalizeLocale(name)] {
		return failed
	}
	return nil
}

func (l *locales) run(ctx context.Context, what string, argv ...string) error {
	r, err := l.Run(ctx, argv...)
	if err == nil && !r.OK() {
		err = errors.New(cmp.Or(strings.TrimSpace(r.Stdout+r.Stderr), r.How()))
	}
	if err != nil {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return nil
}

// setLang sets the default locale; "" removes it.
func (l *locales) setLang(ctx context.Context, s *localeState, name string) error {
	return l.FS.Rewrite(ctx, fsys.Rewriting{Tag: "locale", Path: s.langFile, Max: maxFile, Edit: func(text []byte) ([]byte, error) {
		return edit.Edit(text, []edit.Part{langSetting(name)})
	}})
}
