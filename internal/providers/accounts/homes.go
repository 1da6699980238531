package accounts

import (
	"path"
	"slices"
	"strings"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// homes are the homes of local users, sorted by physical path. They are looked up once for many removals.
type homes struct {
	mu   sync.Mutex
	real map[string]string // the home as the account has it → its physical path
	all  []home            // nil: the accounts are to be read
}

// home is that of one user.
type home struct {
	at   string // its physical path
	user userdb.User
}

// forget drops what an own change of accounts may have outdated, and with moved also where homes really are.
func (h *homes) forget(moved bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all = nil; moved {
		h.real = nil
	}
}

// listHomesIn returns the homes of all users that are a folder, or lie in it, and the physical path of the folder.
func listHomesIn(u *Accounts, folder string) (dir string, in []home, err error) {
	h := &u.homes
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.real == nil {
		h.real = map[string]string{}
	}
	if h.all == nil {
		users, err := u.users.LocalUsers()
		if err != nil {
			return "", nil, err
		}
		for _, user := range users {
			h.all = append(h.all, home{h.resolve(u.fs, user.Home), user})
		}
		slices.SortStableFunc(h.all, func(a, b home) int { return strings.Compare(a.at, b.at) })
	}
	dir = h.resolve(u.fs, folder)
	first := func(at string) int {
		i, _ := slices.BinarySearchFunc(h.all, at, func(e home, at string) int { return strings.Compare(e.at, at) })
		return i
	}
	below := strings.TrimSuffix(dir, "/") + "/"
	in = slices.Clone(h.all[first(dir):first(dir+"\x00")])
	return dir, append(in, h.all[first(below):first(below[:len(below)-1]+"0")]...), nil // "0" follows "/"
}

// resolve returns the physical path of a home; if the home does not exist, the path itself.
func (h *homes) resolve(tree *fsys.FS, of string) string {
	at, known := h.real[of]
	if known {
		return at
	}
	at = path.Clean(of)
	if real, err := tree.Resolve(of); err == nil && of != "" {
		at = real
	}
	h.real[of] = at
	return at
}

// isDeclaredAbsent reports whether a user is to be removed: it holds no home then, whether its removal comes before or
// after.
func (d *declarations) isDeclaredAbsent(name string) bool {
	r := d.resources["user:"+name]
	return r != nil && r.WantsAbsent()
}

// losesHome reports whether a user is to be removed together with its home.
func (d *declarations) losesHome(name string) bool {
	return d.isDeclaredAbsent(name) && resource.Must[resources.UserWant](d.resources["user:"+name].Want).RemoveHome.Value
}

// movesHome reports whether the home of a user is to be moved out of a folder.
func (d *declarations) movesHome(tree *fsys.FS, h home, dir string) bool {
	r := d.resources["user:"+h.user.Name]
	if r == nil || r.WantsAbsent() {
		return false
	}
	want := resource.Must[resources.UserWant](r.Want)
	to := path.Clean(resource.DecodeBytes(want.Home.Value))
	isOut := to != dir && !strings.HasPrefix(to, dir+"/")
	return want.Home.Set && isOut && h.at != dir && want.CreatesHome() && isMovable(tree, h.user.Home, to)
}
