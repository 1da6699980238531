package edit

import (
	"fmt"
	"math/big"
	"reflect"
)

// at returns the value of a tree at a path; nil if there is none.
func at(tree any, path []string) any {
	for _, name := range path {
		m, ok := tree.(map[string]any)
		if !ok {
			return nil
		}
		tree = m[name]
	}
	return tree
}

// with sets a value in a tree. Objects on the way are made.
func with(tree map[string]any, path []string, value any) map[string]any {
	if len(path) == 1 {
		tree[path[0]] = value
		return tree
	}
	below, ok := tree[path[0]].(map[string]any)
	if !ok {
		below = map[string]any{}
	}
	tree[path[0]] = with(below, path[1:], value)
	return tree
}

// without removes a key from a tree. Objects on the way stay.
func without(tree map[string]any, path []string) map[string]any {
	below := tree
	for _, name := range path[:len(path)-1] {
		next, ok := below[name].(map[string]any)
		if !ok {
			return tree
		}
		below = next
	}
	delete(below, path[len(path)-1])
	return tree
}

// equal reports whether two trees mean the same. An object without keys equals nothing: some formats cannot
// distinguish them, and in some the removal of the only key of an object also removes the object.
func equal(a, b any) bool {
	a, b = plain(a), plain(b)
	if a == nil || isUnquoted(b) {
		a, b = b, a
	}
	switch a := a.(type) {
	case Bare:
		return a.means(b)
	case map[string]any:
		below, ok := b.(map[string]any)
		ok = ok || b == nil
		for k, v := range a {
			ok = ok && equal(v, below[k])
		}
		for k, v := range below {
			ok = ok && equal(v, a[k])
		}
		return ok
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || a != a && b != b) // NaN equals itself here
	case *big.Rat:
		b, ok := b.(*big.Rat)
		return ok && a.Cmp(b) == 0
	}
	return reflect.DeepEqual(a, b)
}

// plain converts numbers to one form.
func plain(v any) any {
	switch v := v.(type) {
	case int, int64, uint64, float64:
		if r, ok := new(big.Rat).SetString(fmt.Sprint(v)); ok {
			return r
		}
	}
	return v
}
