package files

import "context"

// NameOneAccount reports whether two values of the attribute owner or group mean
// one account.
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
