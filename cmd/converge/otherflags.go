package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// otherFlag explains flags of other tools.
type otherFlag struct {
	words string                      // the flags without dashes: those of one letter are short
	of    func(c *cobra.Command) bool // nil: every command
	hint  string                      // {cmd}, {flag} and {value} are replaced by those of the command line
}

// otherFlags explains flags of other tools. The first match for a command counts.
func otherFlags() []otherFlag {
	const (
		trial   = "check dry-run dryrun noop no-op what-if why-run n C W"
		machine = "{cmd} works on the machine on which it runs, alone: leave {flag} out"
	)
	return slices.Concat([]otherFlag{
		{trial, isNamed("apply"), "converge plan shows what an apply would do, and changes nothing"},
		{trial, hasFlag("dry-run"), "did you mean --dry-run?"},
		{trial, hasFlag("check"), "did you mean --check?"},
		{"diff D", hasFlag("report"), "-v shows whole differences"},
		{trial, func(c *cobra.Command) bool { return changesNothing(c) && isOfSites(c) }, "{cmd} changes nothing: leave {flag} out"},
		{"auto-approve yes y assume-yes assumeyes force-yes noconfirm non-interactive batch input", hasFlag("confirm"), "{cmd} asks nothing unless --confirm is given: leave {flag} out"},
		{"auto-approve yes y assume-yes assumeyes force-yes noconfirm non-interactive batch input", nil, "{cmd} asks nothing: leave {flag} out"},
		{"step ask interactive", hasFlag("confirm"), "--confirm shows the plan, and asks before the first change"},
		{"become b sudo become-user become-method become-password-file ask-become-pass K", isOfSites, "{cmd} has the rights of the user who starts it: sudo {cmd}"},
		{"inventory i inventory-file host hosts remote-user user u connection c private-key forks ssh-common-args local-mode z", isOfSites, machine},
		{"limit l", hasFlag("target"), machine + "; --target ADDR picks a resource, with what it depends on"},
		{"limit", isOfSites, machine},
		{"tags t only resource", hasFlag("target"), "a part of a site is picked by --target ADDR, with what it depends on"},
		{"skip-tags skip", hasFlag("exclude"), "--exclude ADDR leaves a resource out, and what depends on it"},
		{"extra-vars e vars set define variable", hasFlag("var"), "a variable is set by --var NAME=VALUE, variables in a file by --var-file FILE"},
		{"facts", isNamed("test"), "each test says of which machine it is: facts = \"{value}\" in its block"},
		{"vault-password-file vault-id ask-vault-pass J", nil, "a secret names its source in the manifest: converge explain secret"},
		{"f file filename manifest playbook chdir config directory dir path", takesPath, "the manifest is named without a flag: {cmd} {value}"},
	}, otherSwitches())
}

// otherSwitches explains flags about the output, and about the course of a run.
func otherSwitches() []otherFlag {
	return []otherFlag{
		{"no-color no-colour nocolor nocolour colour", nil, "--color never leaves colours out"},
		{"quiet q silent s", hasFlag("summary"), "--summary counts the changes instead of showing each"},
		{"quiet q silent s", hasFlag("verbose"), "what is unchanged is shown with -v alone: leave {flag} out"},
		{"debug d trace log-level loglevel", hasFlag("verbose"), "-v shows more"},
		{"output o format", hasFlag("out"), "--out FILE writes to a file; --json prints JSON instead of text"},
		{"output o format output-format", hasFlag("json"), "--json prints JSON instead of text"},
		{"destroy remove delete", hasFlag("prune"), "--prune removes what the manifest no longer declares"},
		{"refresh refresh-only", hasFlag("prune"), "{cmd} observes the machine anew each time: leave {flag} out"},
		{"replace taint", hasFlag("prune"), "what differs from the manifest is changed by every converge apply: leave {flag} out"},
		{"parallelism jobs j threads concurrency", nil, "no flag sets how much is done at once: leave {flag} out"},
		{"onetime once no-daemonize", nil, "{cmd} runs and ends: leave {flag} out"},
		{"daemon daemonize interval splay", nil, "{cmd} runs and ends; a timer of systemd repeats it"},
		{"syntax-check validate lint", nil, "converge validate checks a manifest"},
		{"list-tasks list-resources list", hasFlag("target"), "converge graph lists the resources in their order"},
		{"version V", nil, "converge --version prints the version"},
	}
}

// meantByOthers explains a flag of another tool; "" if it is unknown. value is the word after it.
func meantByOthers(cmd *cobra.Command, flag, value string) string {
	name := strings.TrimLeft(flag, "-")
	for _, o := range otherFlags() {
		if slices.Contains(strings.Fields(o.words), name) && (o.of == nil || o.of(cmd)) {
			return strings.NewReplacer("{cmd}", cmd.CommandPath(), "{flag}", flag, "{value}", value).Replace(o.hint)
		}
	}
	return ""
}

func hasFlag(name string) func(*cobra.Command) bool {
	return func(c *cobra.Command) bool { return c.Flags().Lookup(name) != nil }
}

func isNamed(name string) func(*cobra.Command) bool {
	return func(c *cobra.Command) bool { return c.Name() == name && c.HasParent() && !c.Parent().HasParent() }
}

// isOfSites reports whether a command is about a manifest or a run, for which other tools use other words.
func isOfSites(c *cobra.Command) bool { return hasFlag("var")(c) || hasFlag("report")(c) }

func takesPath(c *cobra.Command) bool { return strings.Contains(c.Use, "PATH") }
