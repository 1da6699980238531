package system

import (
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

// ApplyAll implements [resource.Transactor]: one edit of locale.gen, and one run of
// locale-gen for all locales.
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
	var made []int // indexes of those whose data change
	for i := range cs {
		errs[i] = cmp.Or(errs[i], err, ctx.Err())
		c := &cs[i]
		if errs[i] == nil && (c.Differs("generated") || c.Differs("listed") || c.Action == resource.Delete) && !isBuiltIn(c.Want.Name) {
			made = append(made, i)
		}
	}
	switch {
	case len(made) == 0:
	case s.generator:
		err = l.generate(ctx, s, cs, made)
		for _, i := range made {
			errs[i] = err
		}
	default:
		for _, i := range made {
			errs[i] = l.define(ctx, s, cs[i].Want)
		}
	}
	for i := range cs {
		if errs[i] == nil && cs[i].Differs("lang") {
			errs[i] = l.setLang(ctx, s, resource.DecodeBytes(cs[i].Want.Lang.Value))
		}
	}
}

// generate edits locale.gen and has locale-gen make what it says.
func (l *locales) generate(ctx context.Context, s *localeState, cs []localeChange, made []int) error {
	var parts []edit.Part
	for _, i := range made {
		parts = append(parts, s.wantedLine(cs[i].Want))
	}
	err := l.FS.Rewrite(ctx, fsys.Rewriting{Tag: "locale", Path: localeGen, Max: maxFile, Edit: func(text []byte) ([]byte, error) {
		if n := len(text); n > 0 && text[n-1] != '\n' { // locale-gen does not read a last line without an end
			text = append(text, '\n')
		}
		return edit.Edit(text, parts)
	}})
	if err != nil {
		return err
	}
	if err := l.run(ctx, "make the locales", localeGenerator); err != nil {
		return err
	}
	return l.removeRest(ctx, cs, made)
}

// removeRest removes locales from the archive that locale-gen has left there: Ubuntu's
// keeps those that are not listed any more.
func (l *locales) removeRest(ctx context.Context, cs []localeChange, made []int) error {
	all, packaged, err := readLocales(l.FS)
	if err != nil {
		return err
	}
	for _, i := range made {
		w := cs[i].Want
		gone := w.IsAbsent() || w.Generated.Value == resources.LocaleMissing
		if name := normalizeLocale(w.Name); gone && all[name] && !packaged[name] {
			if err := l.run(ctx, "remove the locale "+w.Name, localedef, "--delete-from-archive", name); err != nil {
				return err
			}
		}
	}
	return nil
}

// wantedLine is the line of a locale in locale.gen. One that is to be absent is commented
// out, as Debian has it.
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

// define makes or removes one locale where there is no locale-gen.
func (l *locales) define(ctx context.Context, s *localeState, w resources.LocaleWant) error {
	if w.IsAbsent() || w.Generated.Value == resources.LocaleMissing {
		return l.run(ctx, "remove the locale "+w.Name, localedef, "--delete-from-archive", normalizeLocale(w.Name))
	}
	return l.run(ctx, "make the locale "+w.Name, localedef, "-i", l.findSource(w.Name), "-f", s.charset(w.Name), w.Name)
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

// setLang sets the default locale. "" removes it.
func (l *locales) setLang(ctx context.Context, s *localeState, name string) error {
	return l.FS.Rewrite(ctx, fsys.Rewriting{Tag: "locale", Path: s.langFile, Max: maxFile, Edit: func(text []byte) ([]byte, error) {
		return edit.Edit(text, []edit.Part{langSetting(name)})
	}})
}
