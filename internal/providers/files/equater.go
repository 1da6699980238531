package files

import "context"

// NameOneAccount implements [resources.Equater] for owners and groups.
func (p *Provider) NameOneAccount(ctx context.Context, attr, a, b string) bool {
	number := p.o.People.UID
	if attr == "group" {
		number = p.o.People.GID
	}
	x, err := number(ctx, a)
	if err != nil {
		return false
	}
	y, err := number(ctx, b)
	return err == nil && x == y
}
