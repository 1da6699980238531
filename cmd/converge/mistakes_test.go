package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

// TestMistakenFlags shows the error about an unknown flag: the flag as written, and its equivalent here.
func TestMistakenFlags(t *testing.T) {
	const dashes = " is no flag: a flag of more than one letter has two dashes: "
	for _, c := range []struct{ line, err, hint string }{
		// One dash, as in Terraform. A value may be a secret, and is not repeated.
		{"apply -var domain=x", `"-var"` + dashes + "--var", ""},
		{"apply -var=domain=x", `"-var"` + dashes + "--var", ""},
		{"plan -var-file f", `"-var-file"` + dashes + "--var-file", ""},
		{"graph -var domain=x", `"-var"` + dashes + "--var", ""},
		{"apply -target x", `"-target"` + dashes + "--target", ""},
		{"apply -json", `"-json"` + dashes + "--json", ""},
		{"plan -out=x", `"-out"` + dashes + "--out", ""},
		{"plan -v -verbose", `"-verbose"` + dashes + "--verbose", ""},
		{"plan -vra x", "unknown flag: -vra", "did you mean --var?"},
		{"plan --vra=x", "unknown flag: --vra", "did you mean --var?"},
		{"plan --tagret x", "unknown flag: --tagret", "did you mean --target?"},
		{"plan -vx", "unknown flag: -vx", ""},
		{"plan --nonsense", "unknown flag: --nonsense", ""},

		// A trial.
		{"plan --check", "unknown flag: --check", "converge plan changes nothing: leave --check out"},
		{"plan --dry-run", "unknown flag: --dry-run", "converge plan changes nothing: leave --dry-run out"},
		{"plan -n", "unknown flag: -n", "converge plan changes nothing: leave -n out"},
		{"plan --noop", "unknown flag: --noop", "converge plan changes nothing: leave --noop out"},
		{"validate -C", "unknown flag: -C", "converge validate changes nothing: leave -C out"},
		{"apply --check", "unknown flag: --check", "converge plan shows what an apply would do, and changes nothing"},
		{"apply --noop", "unknown flag: --noop", "converge plan shows what an apply would do, and changes nothing"},
		{"apply -C", "unknown flag: -C", "converge plan shows what an apply would do, and changes nothing"},
		{"rollback --check", "unknown flag: --check", "did you mean --dry-run?"},
		{"plan --diff", "unknown flag: --diff", "-v shows whole differences"},
		{"apply -D", "unknown flag: -D", "-v shows whole differences"},
		{"fmt --dry-run", "unknown flag: --dry-run", "did you mean --check?"},

		// Questions, rights, machines, parts.
		{"apply --auto-approve", "unknown flag: --auto-approve", "converge apply asks nothing unless --confirm is given: leave --auto-approve out"},
		{"apply -auto-approve", "unknown flag: -auto-approve", "converge apply asks nothing unless --confirm is given: leave -auto-approve out"},
		{"rollback -y", "unknown flag: -y", "converge rollback asks nothing unless --confirm is given: leave -y out"},
		{"plan --yes", "unknown flag: --yes", "converge plan asks nothing: leave --yes out"},
		{"apply --step", "unknown flag: --step", "--confirm shows the plan, and asks before the first change"},
		{"apply -b", "unknown flag: -b", "converge apply has the rights of the user who starts it: sudo converge apply"},
		{"apply --become", "unknown flag: --become", "converge apply has the rights of the user who starts it: sudo converge apply"},
		{"apply -i inventory", "unknown flag: -i", "converge apply works on the machine on which it runs, alone: leave -i out"},
		{"apply --limit web", "unknown flag: --limit", "converge apply works on the machine on which it runs, alone: leave --limit out; --target ADDR picks a resource, with what it depends on"},
		{"validate --limit web", "unknown flag: --limit", "converge validate works on the machine on which it runs, alone: leave --limit out"},
		{"apply --tags web", "unknown flag: --tags", "a part of a site is picked by --target ADDR, with what it depends on"},
		{"apply --skip-tags web", "unknown flag: --skip-tags", "--exclude ADDR leaves a resource out, and what depends on it"},
		{"apply -e a=b", "unknown flag: -e", "a variable is set by --var NAME=VALUE, variables in a file by --var-file FILE"},

		{"plan --var port 8080 .", `--var is NAME=VALUE, not "port"`, "did you mean --var 'port=8080'?"},
		{"apply . --var port 8080", `--var is NAME=VALUE, not "port"`, "did you mean --var 'port=8080'?"},
		{"plan --var port=8080 a b", "converge plan takes one PATH at most, not 2: a b", ""},

		{"test --facts f.json", "unknown flag: --facts", `each test says of which machine it is: facts = "f.json" in its block`},
		{"history -n 5", "unknown flag: -n", ""}, // the option's value is a number
		{"history --limit 5", "unknown flag: --limit", ""},
		{"fmt -i site.hcl", "unknown flag: -i", ""}, // in place

		// The manifest.
		{"plan -f site.hcl", "unknown flag: -f", "the manifest is named without a flag: converge plan site.hcl"},
		{"plan -chdir=web", "unknown flag: -chdir", "the manifest is named without a flag: converge plan web"},
		{"plan --file", "unknown flag: --file", "the manifest is named without a flag: converge plan PATH"},

		// Output and course of a run.
		{"apply -no-color", "unknown flag: -no-color", "--color never leaves colours out"},
		{"plan -q", "unknown flag: -q", "--summary counts the changes instead of showing each"},
		{"apply --debug", "unknown flag: --debug", "-v shows more"},
		{"plan --output json", "unknown flag: --output", "--out FILE writes to a file; --json prints JSON instead of text"},
		{"apply -o json", "unknown flag: -o", "--json prints JSON instead of text"},
		{"plan -destroy", "unknown flag: -destroy", "--prune removes what the manifest no longer declares"},
		{"apply -refresh=false", "unknown flag: -refresh", "converge apply observes the machine anew each time: leave -refresh out"},
		{"apply --parallelism=3", "unknown flag: --parallelism", "no flag sets how much is done at once: leave --parallelism out"},
		{"plan --version", "unknown flag: --version", "converge --version prints the version"},

		// Flags of other commands.
		{"apply --out x", "unknown flag: --out", "--out is a flag of converge pack, converge plan, converge report"},
		{"validate --prune", "unknown flag: --prune", "--prune is a flag of converge apply, converge plan"},
	} {
		args := strings.Fields(c.line)
		root := newRootCommand(&environ.Env{Out: io.Discard, Err: io.Discard, Args: args})
		root.SetArgs(args)
		err := root.Execute()
		var e *exit.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, which is no mistake of the command line", c.line, err)
			continue
		}
		hints := strings.Join(e.Hints[:len(e.Hints)-1], "\n")
		if e.Error() != c.err || hints != c.hint {
			t.Errorf("%s\n got: %v\n     %s\nwant: %s\n     %s", c.line, err, hints, c.err, c.hint)
		}
	}
}
