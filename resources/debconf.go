package resources

import (
	"errors"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

const debconfDoc = "The answers to the questions that a package of Debian asks when it is configured (debconf(7)). Its resource comes before the `package` of that name, " +
	"so that the first installation uses them, and before every other package that apt installs, which may bring that one along.\n\n" +
	"An answer counts as given from then on (the flag `seen`): nobody is asked. Questions that are not declared are left alone. " +
	"The order of the choices of a `multiselect` does not matter. " +
	"converge reads debconf's database itself; all answers that change together are written in one step, by the library of debconf(7). While a package manager is at work, or another program has that database, converge waits for it.\n\n" +
	"A package that is configured already sees other answers only when it is configured again; a plan that changes its answers notes that. The verb `reconfigure` does that (dpkg-reconfigure(8), which asks nothing), also for its own answers: " +
	"`notifies = [debconf.NAME.reconfigure]`. Not every package goes by the answers then: the scripts of many, such as tzdata, prefer the files of the host, and set the answers by them.\n\n" +
	"Answers of the type `password` are shown nowhere: not in plans, events, errors or history. A package may forget its password once it is configured; then the answer counts as given, and another password reaches the package by no answer.\n\n" +
	"The kind has no `ensure`: `--prune` and a rollback put back the answers that there were before, or none. " +
	"With `--root` it works on the tree, with the programs of the tree. On systems without debconf (those of dnf, zypper, pacman and apk) it is an error: `when = node.os.family == \"debian\"` leaves it out there."

const debconfExample = `debconf "postfix" {
  answers = {
    "postfix/main_mailer_type" = { type = "select", value = "Satellite system" }
    "postfix/relayhost"        = { type = "string", value = "mail.example.net" }
  }
}

package "postfix" {}
`

// Debconf is the kind of the answers to the questions of one package. A provider of nil
// serves documentation and validation.
func Debconf(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "debconf", Doc: debconfDoc, Example: debconfExample, Label: "package",
		Verbs:          []string{"reconfigure"},
		NotifiesItself: true,
		Attrs: resource.Typing[DebconfWant]([]resource.Attr{
			{Name: "package", Required: true, Check: checkDebconfOwner, Doc: "The package, without an architecture."},
			{
				Name: "answers", Required: true, Option: true, Wording: true, Check: checkAnswers,
				Doc: "The answers by the names of their questions, each an object of `type` and `value`: `{ \"tzdata/Areas\" = { type = \"select\", value = \"Europe\" } }`. " +
					"The types are those of debconf-set-selections(1): `" + strings.Join(questionTypes(), "`, `") + "`. A `boolean` is true or false; a `multiselect` is a list, or one text as debconf has it. " +
					"An answer cannot contain a backslash before an `n`, which debconf reads as the end of a line. " +
					"`debconf-show PACKAGE` lists the questions of an installed package. If one answer is made from a sensitive value, none of the block is shown.",
			},
			{Name: "types", Computed: true, Internal: true, Option: true, Doc: "The types of the questions."},
			{Name: "values", Computed: true, Loses: losesAnswer, SecretIf: []string{"answers"}, Doc: "The answers but for passwords; null where none was given."},
			{Name: "passwords", Computed: true, Secret: true, Loses: losesAnswer, Doc: "The answers that are passwords."},
			{Name: "was", Computed: true, Internal: true, Option: true, SecretIf: []string{"answers"}, Doc: "What the questions were before, for a rollback."},
		}),
		Prepare:    resource.Preparing(prepareDebconf),
		Links:      resource.Reading(debconfLinks),
		Contradict: joinContradictions(answerContradictions, wholeContradictions("debconf", answerFiles, nil)),
		Revert:     resource.Reverting(revertDebconf),
		Restores:   true, RecordAttr: "was", JoinRecords: joinDebconfPasts,
		Provider: p,
	}
}

// DebconfWant is the struct of the kind debconf. A wanted value lacks the declared answers: they are in values and
// passwords.
type DebconfWant struct {
	Package   string                          `attr:"package"`
	Answers   cty.Value                       `attr:"answers"`
	Types     resource.Opt[map[string]string] `attr:"types"`
	Values    cty.Value                       `attr:"values"`    // see [AnswersVal]
	Passwords *resource.Blob                  `attr:"passwords"` // see [PasswordsBlob]
	Was       *resource.Blob                  `attr:"was"`       // see [DebconfPast]
}

// anyAnswers is a key that the answers of all packages share: a package may install others with it.
const anyAnswers = "debconf:*"

func prepareDebconf(_ resource.Input, w *DebconfWant) error {
	answers, err := readAnswers(w.Answers)
	if err != nil {
		return &resource.AttrError{Attr: "answers", Err: err}
	}
	*w = DebconfWant{Package: w.Package, Types: resource.Some(map[string]string{})}
	public, secret := Answers{}, Answers{}
	for question, a := range answers {
		w.Types.Value[question] = a.Type
		if a.Type == TypePassword {
			secret[question] = &a.Value
		} else {
			public[question] = &a.Value
		}
	}
	w.SetAnswers(public, secret)
	return nil
}

func debconfLinks(w DebconfWant) resource.Links {
	return resource.Links{
		Provides: []string{"debconf:" + w.Package},
		Before:   []string{anyAnswers},
		Writes:   answerFiles(nil),
		Needs: []resource.Need{
			{Key: "path:/etc/debconf.conf", Reason: "that file names the database"},
		},
	}
}

// answerFiles are the files of the database of debconf.
func answerFiles(*resource.Resource) []string {
	return []string{"/var/cache/debconf/config.dat", "/var/cache/debconf/passwords.dat", "/var/cache/debconf/templates.dat"}
}

// needAnswers orders a package of apt after the answers to its questions.
func needAnswers(l *resource.Links, name string) {
	base, _, _ := strings.Cut(name, ":")
	l.Needs = append(l.Needs,
		resource.Need{Key: "debconf:" + base, Reason: "its scripts read those answers"},
		resource.Need{Key: anyAnswers, Reason: "a package that is installed with it may read those answers"})
}

func checkDebconfOwner(v cty.Value) error {
	if strings.Contains(v.AsString(), ":") {
		return errors.New("must be the name of a package without an architecture: debconf does not tell them apart")
	}
	return checkPackageName(v)
}

// answerContradictions finds two resources that give different answers to one question.
func answerContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	type given struct {
		by     *resource.Resource
		answer string
	}
	all := map[string]given{}
	for _, r := range rs {
		if r.Off || r.Kind.Name != "debconf" {
			continue
		}
		w := resource.Must[DebconfWant](r.Want)
		answers, err := w.All()
		if err != nil {
			continue
		}
		for _, question := range answers.Names() {
			answer := ""
			if v := answers[question]; v != nil {
				answer = "=" + *v
			}
			first, twice := all[question]
			if twice && first.answer != answer {
				diags = append(diags, contradiction(r, first.by, r.Addr.String()+" and "+first.by.Addr.String()+" give different answers to the question "+question+".", "remove one of them"))
			}
			if !twice {
				all[question] = given{r, answer}
			}
		}
	}
	return diags
}
