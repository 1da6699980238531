package repository

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer]. Every plan warns of a key that expires soon; that of a change also describes
// the key, other signers of the repository, and packages that lose their source.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast {
		return r
	}
	t, err := resource.TypeChange[resources.RepositoryWant](c)
	switch {
	case err != nil:
		r.Blocked = err
	case c.Action == resource.Delete:
		r.Notes = p.own.describeRemoval(ctx, *t.Have)
		p.own.reviewTags(t, o, &r)
	case t.Want.IsAbsent():
	case t.Want.Trusted.Value && c.Empty():
		r.Notes = describePassword(t.Want)
	case c.Empty():
		if key, ok := p.own.keys.knownKey(t.Want, t.Have); ok {
			keys, _ := p.own.keys.usableKeys(t.Want, key) // Observe has reported an error
			r.Notes = p.own.keys.warnExpiry(keys)
		}
	default:
		p.own.reviewChange(ctx, t, o, &r)
		p.own.reviewTags(t, o, &r)
	}
	return r
}

// reviewChange reads the key and the repository as the change will.
func (r *repositories) reviewChange(ctx context.Context, t resource.TypedChange[resources.RepositoryWant], o resource.Outlook, out *resource.Review) {
	out.Notes = append(out.Notes, describePassword(t.Want)...)
	out.Notes = append(out.Notes, r.describePin(t.Want)...)
	key, err := r.keys.loadKey(ctx, t.Want, t.Have)
	if err == nil {
		err = r.reviewSigners(t.Want, o, out)
	}
	if err != nil {
		out.Blocked = fmt.Errorf("cannot set up the repository %s: %w", t.Want.Name, err)
		return
	}
	if len(key) == 0 || t.Want.Trusted.Value {
		r.reviewIndex(ctx, t, nil, o, out)
		return
	}
	keys, err := r.keys.usableKeys(t.Want, key)
	if err != nil {
		out.Blocked = fmt.Errorf("cannot set up the repository %s: %w", t.Want.Name, err)
		return
	}
	if t.Differs("signing_key") {
		out.Notes = append(out.Notes, describeKeys(keys)...)
	}
	out.Notes = append(out.Notes, r.keys.warnExpiry(keys)...)
	r.reviewIndex(ctx, t, key, o, out)
}

// reviewIndex checks whether the index exists, and which key signs it.
func (r *repositories) reviewIndex(ctx context.Context, t resource.TypedChange[resources.RepositoryWant], key []byte, o resource.Outlook, out *resource.Review) {
	v := r.verifier.checkSignature(ctx, t.Want, key)
	if v.note != "" {
		out.Notes = append(out.Notes, v.note)
	}
	switch {
	case v.err == nil:
	case o.Pending == resource.UnknownPending && isLocal(t.Want.URL.Value):
		out.Notes = append(out.Notes, v.err.Error()+": it fails unless something before it changes that")
	default:
		out.Blocked = fmt.Errorf("cannot set up the repository %s: %w", t.Want.Name, v.err)
	}
}

// describePassword warns about a password that users can read.
func describePassword(want resources.RepositoryWant) []string {
	if !want.ShowsPassword() {
		return nil
	}
	return []string{"every user of this machine can read the password in its URL: pacman.conf has no other place for it"}
}

// describePin warns about a priority that apt also gives to other repositories: it identifies this one only by its
// host.
func (r *repositories) describePin(want resources.RepositoryWant) []string {
	host := want.PinnedHost()
	if host == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	x, err := r.readSigners()
	if err != nil || !x.names("/"+host+"/", want.DefinitionPath()) {
		return nil // apt reports what is not known here
	}
	example := "o=ORIGIN,n=CODENAME"
	if len(want.Suites.Value) == 1 {
		example = "n=" + want.Suites.Value[0]
	}
	return []string{fmt.Sprintf("apt gives these priorities to all that it has from %s, which other repositories of this machine are on, too; pin_release = %q means this one, if its Release file says so", host, example)}
}

// describeRemoval names the packages that no repository offers after the removal.
func (r *repositories) describeRemoval(ctx context.Context, have resources.RepositoryWant) []string {
	ask := r.onlyFrom[have.Provider.Value]
	text, ok := contentOf(have.Definition)
	if ask == nil || !ok {
		return nil
	}
	names, err := ask(ctx, have.Name, string(text))
	switch {
	case err != nil:
		return []string{fmt.Sprintf("cannot tell which installed packages no other repository offers: %v", err)}
	case len(names) == 0:
		return nil
	}
	return []string{"no other repository offers these installed packages, which stay as they are: " + strings.Join(names, ", ")}
}
