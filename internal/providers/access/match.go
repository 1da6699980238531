package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/edit"
)

// verdict is whether a Match block is for a user.
type verdict int

const (
	unknown verdict = iota // that depends on the connection
	yes
	no
)

// keyFiles returns the value of AuthorizedKeysFile for a user. sshd uses the first one in a matching Match block, and
// only without such the first one outside of them.
func (c *sshdConfig) keyFiles(a account, groups func() ([]string, error)) ([]string, error) {
	var global []string
	var unsure *keyFilesRule
	for i, rule := range c.rules {
		if len(rule.match) == 0 {
			if global == nil {
				global = rule.names
			}
			continue
		}
		v, err := judge(rule.match, a, groups)
		switch {
		case err != nil:
			return nil, err
		case v == yes && (unsure == nil || slices.Equal(unsure.names, rule.names)):
			return named(rule.names, rule.at)
		case v == yes:
			return nil, unsure.explain()
		case v == unknown && unsure == nil:
			unsure = &c.rules[i]
		case v == unknown && !slices.Equal(unsure.names, rule.names):
			return nil, unsure.explain()
		}
	}
	if global == nil {
		global = defaultKeyFiles()
	}
	if unsure != nil && !slices.Equal(unsure.names, global) {
		return nil, unsure.explain()
	}
	return named(global, configName)
}

func named(names []string, at string) ([]string, error) {
	if len(names) == 1 && strings.EqualFold(names[0], "none") {
		return nil, fmt.Errorf("sshd looks into no file (AuthorizedKeysFile none, %s); give path", at)
	}
	return names, nil
}

func (r *keyFilesRule) explain() error {
	blocks := make([]string, len(r.match))
	for i, words := range r.match {
		blocks[i] = strings.Join(words, " ")
	}
	return fmt.Errorf("%s sets AuthorizedKeysFile for some connections only (Match %s), so that it depends on the connection; give path", r.at, strings.Join(blocks, ", in Match "))
}

// judge reports whether all of the Match blocks around a line are for a user.
func judge(match [][]string, a account, groups func() ([]string, error)) (verdict, error) {
	all := yes
	for _, conditions := range match {
		v, err := judgeBlock(conditions, a, groups)
		if err != nil || v == no {
			return no, err
		}
		if v == unknown {
			all = unknown
		}
	}
	return all, nil
}

// judgeBlock judges the conditions of one Match; all have to hold. A word in quotes may have
// blanks and '='.
func judgeBlock(words []string, a account, groups func() ([]string, error)) (verdict, error) {
	all := yes
	for len(words) > 0 {
		v := unknown
		name, value, rest := cutCondition(words)
		switch name {
		case "all":
			v = yes
		case "invalid-user":
			v = no
		case "user", "group":
			if value == "" {
				return no, errors.New("sshd_config has a Match without a value: " + strings.Join(words, " "))
			}
			var err error
			if v, err = judgeNames(name, value, a, groups); err != nil {
				return no, err
			}
		}
		words = rest
		if v == no {
			return no, nil
		}
		if v == unknown {
			all = unknown
		}
	}
	return all, nil
}

// cutCondition cuts the first condition off the words of a Match: its name, and its value,
// which may follow a '=' (NAME=VALUE, NAME = VALUE).
func cutCondition(words []string) (name, value string, rest []string) {
	name, value, _ = strings.Cut(words[0], "=")
	name, rest = strings.ToLower(name), words[1:]
	if name == "all" || name == "invalid-user" || value != "" {
		return name, value, rest
	}
	if len(rest) > 0 && rest[0] == "=" {
		rest = rest[1:]
	}
	if len(rest) > 0 {
		value, rest = rest[0], rest[1:]
	}
	return name, strings.TrimPrefix(value, "="), rest
}

// judgeNames compares a user, or its groups, with a list of patterns.
func judgeNames(what, patterns string, a account, groups func() ([]string, error)) (verdict, error) {
	names := []string{a.name}
	if what == "group" {
		if !a.exists {
			return unknown, nil
		}
		var err error
		if names, err = groups(); err != nil {
			return no, err
		}
	}
	found := no
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !slices.ContainsFunc(names, func(n string) bool { return edit.MatchPattern(pattern, n) }) {
			continue
		}
		if negated {
			return no, nil
		}
		found = yes
	}
	return found, nil
}
