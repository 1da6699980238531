package accounts

import (
	"context"
	"strconv"
	"strings"
)

// Identify tells names of one thing apart (see assembly.Names): a uid identifies the user that
// has it.
func (u *Users) Identify(_ context.Context, keys []string) (map[string]string, error) {
	return byNumber(keys, "user:", func(id uint32) (string, bool) {
		user, ok := u.users.LocalUser(id)
		return user.Name, ok
	}), nil
}

// Identify tells names of one thing apart (see assembly.Names): a gid identifies the group that
// has it.
func (g *Groups) Identify(_ context.Context, keys []string) (map[string]string, error) {
	return byNumber(keys, "group:", func(id uint32) (string, bool) {
		group, ok := g.users.LocalGroup(id)
		return group.Name, ok
	}), nil
}

func byNumber(keys []string, prefix string, name func(id uint32) (string, bool)) map[string]string {
	out := map[string]string{}
	for _, key := range keys {
		number, ok := strings.CutPrefix(key, prefix)
		id, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil {
			continue
		}
		if name, ok := name(uint32(id)); ok {
			out[key] = prefix + name
		}
	}
	return out
}
