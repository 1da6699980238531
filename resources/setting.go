package resources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// SettingWant is the struct of the kind setting.
type SettingWant struct {
	PartPlace
	SettingAttrs
}

// Setting is the kind of one key of a configuration file. A provider of nil serves
// documentation and validation.
func Setting(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "setting",
		Doc: "One key of a configuration file whose other content is not converge's. converge finds the key by the grammar of the file and replaces only the value; every other byte stays, comments and blank lines too.\n\n" +
			"If the key is not set yet, converge replaces the one assignment of it that is commented out, or adds a line below the last one of its section. (In `space` only `#NAME value` is a commented assignment: after `# ` may be a sentence. In toml and yaml comments are left alone.) All settings of one file are written in one step. Files of more than 16 MiB (toml, yaml: 512 KiB) are refused.\n\n" +
			"In an ini file a key may stand alone in its line, without a value. What that means is up to the program:\n\n" +
			"* pacman: an option that is on, as `Color`. `value = true` or `\"\"` writes it, and `ensure = \"absent\"` switches it off.\n" +
			"* MySQL and MariaDB: an option that is on. `skip_name_resolve` is as declared if `value` is `true`, `\"ON\"`, `1` or `\"\"`. converge writes such a value without `=` if the name begins with `skip` or `no`, or if it was commented out so (`#quick`); otherwise as `quick = ON`.\n" +
			"* PHP and systemd take no notice of such a line, and neither does converge.\n" +
			"* Of other files it has the value `true`. converge writes `NAME = true` if there is no such line yet.\n\n" +
			"Sections are names of their own: `[web] port` and `[db] port` are two keys. PHP alone takes no notice of them, but for those of one host or folder (`[HOST=…]`, `[PATH=…]`): it takes the last assignment of a key, whatever section that is in. A plan refuses a key that `php.ini` sets in another section than the declared one, or in none, and names that section. A key that would be above the first section is refused where it counts nowhere (systemd, MySQL, pacman, NetworkManager, repositories of dnf, and the like); in another ini file a plan says if a section sets it.\n\n" +
			"A key that the file may have several times, each with a value of its own (`rename-command` in redis.conf, `include`), is a `line`. A file with values of several lines is written as a `template`.\n\n" +
			"converge looks at the one file: a file that it takes in (`Include` of sshd_config, `!includedir` of MySQL), or one that is read after it, may set the same key and count more. A plan says so where the file takes in others.\n\n" +
			"A file cannot be declared as a whole (`file` with `content`, `template`, `link`) and by its parts at the same time. `file` with only a mode or an owner is fine.\n\n" + knownFormats(),
		Example: "setting \"PASS_MAX_DAYS\" {\n  path  = \"/etc/login.defs\"\n  value = 60\n}\n",
		Label:   "key",
		Attrs: namedByList(resource.Typing[SettingWant](partAttrs("setting", []string{"value", "items", "sensitive"},
			resource.Attr{Name: "key", Required: true, Doc: "The name of the key. As a list, the names of what it is in come first: `[\"tool\", \"poetry\", \"name\"]` is the key `name` of the section `tool.poetry`."},
			resource.Attr{
				Name: "section", Option: true, Public: true,
				Doc: "Where the key is: the name in brackets of an ini file, the line of a `Match` or `Host` in the configuration of ssh (`\"Match User git\"`), or the names of the tables or mappings in a toml, yaml or json file, with dots between them (`\"network.ethernets.eth0\"`; a name that has a dot itself is put in double quotes). " +
					"Unset: the beginning of the file. A section that is missing is added, and goes with the last of its keys that converge has set.",
			},
			resource.Attr{Name: "value", SecretIf: []string{"sensitive"}, Doc: "The value. In toml, yaml and json it has a type: `\"yes\"` is a string and `true` is none; lists and objects are written on one line. In the other formats it is the text of one line that the program is to read; `true` and `false` become the words that this program knows (`yes` in `sshd_config`, `On` in `php.ini`), and another word that it takes for the same is left as it is. Where the program takes quotes and escapes away (files of shell variables, `/etc/environment`, `.env`, `php.ini`, `login.defs`, `postgresql.conf`, the option files of MySQL), converge writes those that are needed, and refuses a text that the program cannot read, such as one with a `#` in `/etc/environment`. Elsewhere quotes belong to the value: `\"\\\"domain users\\\" wheel\"` in `sshd_config` are two groups, and an empty value of redis.conf is `\"\\\"\\\"\"`. Required, unless there are `items` or the key must be absent. It is shown as JSON if it has a type."},
			resource.Attr{Name: "items", SecretIf: []string{"sensitive"}, Doc: "Instead of `value`: words that the value must contain, as `[\"quiet\"]` of `GRUB_CMDLINE_LINUX`. Its other words stay. With `ensure = \"absent\"`: words that it must not contain."},
			resource.Attr{Name: "separator", Option: true, Public: true, Doc: "What is between the words of `items`. Unset: a blank."},
			resource.Attr{
				Name: "format", Option: true, Public: true, OneOf: edit.Formats(),
				Doc: "The grammar of the file: `keyvalue` (`NAME=value`, as shells read it, or `name = value`; the last assignment counts), `space` (`NAME value`), `ini`, `toml`, `yaml`, or `json` (comments and trailing commas allowed). Unset: known by the path, as listed above.",
			},
			resource.Attr{Name: "boolean", Computed: true, Internal: true, Option: true, SecretIf: []string{"value", "sensitive"}, Doc: "The value, if it was declared as a boolean in a file of lines."},
			resource.Attr{Name: "duplicates", Option: true, Public: true, OneOf: []string{"error", "remove"}, Doc: "What is done if the key is assigned more than once: `error` (also when unset), or `remove` all but the one that counts."},
			resource.Attr{Name: "repeated", Computed: true, SecretIf: []string{"value", "items", "sensitive"}, Doc: "The lines of further assignments of the key, which are removed with `duplicates = \"remove\"`, and where the key must be absent."},
		))),
		Prepare:     preparingKey(resource.Preparing(prepareSetting)),
		Links:       resource.Reading(settingLinks),
		Moves:       movesPackages,
		Inert:       true,
		ContentAttr: "value", TextContent: true,
		Contradict: settingContradictions,
		Apart:      areSettingsApart,
		Restores:   true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Revert: resource.Reverting(func(p resource.Past, before, after SettingWant) ([]resource.RevertTarget, error) {
			return revertPart(p, Part{PartPlace: before.PartPlace, SettingAttrs: before.SettingAttrs}, Part{PartPlace: after.PartPlace, SettingAttrs: after.SettingAttrs})
		}),
		Named:    partNamed(settingNamed),
		Provider: p,
	}
}

// knownFormats lists the files whose format is known, for the page of the kind.
func knownFormats() string {
	var out strings.Builder
	out.WriteString("These files have a format that is known by their path. Of a format that several programs read in ways of their own, it is that of the program named:\n\n")
	for _, k := range edit.AllKnown() {
		out.WriteString("* `" + string(k.Format) + "`")
		if k.Reader != "" {
			out.WriteString(" (" + k.Reader + ")")
		}
		out.WriteString(": `" + strings.ReplaceAll(k.Names, " ", "`, `") + "`\n")
	}
	return strings.TrimSpace(out.String())
}

// duplicatesKept is the value of duplicates in a rollback: the file had several assignments, and gets them back.
const duplicatesKept = "keep"

// describeFormats shows how one setting is written in each format.
func describeFormats() string {
	return `format = "keyvalue" for key=4, "space" for key 4, "ini" for key = 4 below [section], "toml" for key = 4, "yaml" for key: 4, "json" for "key": 4`
}

func prepareSetting(_ resource.Input, w *SettingWant) error {
	w.preparePlace(PartSetting)
	format, _ := edit.Known(string(w.Path))
	if w.Format.Set {
		format = edit.Format(w.Format.Value)
	}
	if format == "" {
		return attrError("format", "is needed, because the name of %s does not tell it: %s; a file of another grammar is written whole (file), or by line or block", path.Base(w.Path.Bytes()), describeFormats())
	}
	w.Format = resource.Some(string(format))
	if edit.IsHeaded(string(w.Path)) && format == edit.INI && w.Section.Value == "" && !w.IsAbsent() {
		return attrError("section", "is needed: a key above the first section of %s counts nowhere", path.Base(w.Path.Bytes()))
	}
	switch {
	case w.Value != cty.NilVal && w.Items.Set:
		return attrError("items", "cannot be set together with value")
	case w.Value == cty.NilVal && !w.Items.Set && !w.IsAbsent():
		return attrError("value", "none is given, and one is needed unless there are items or ensure is \"absent\"")
	case w.IsAbsent() && !w.Items.Set:
		w.Value = cty.NilVal
	}
	switch {
	case w.Duplicates.Value == "remove" && !w.IsAbsent():
		w.Repeated = resource.Some([]string{})
	case w.Duplicates.Value != duplicatesKept:
		w.Repeated = resource.Opt[[]string]{}
	}
	if w.Items.Set {
		if err := w.checkItems(); err != nil {
			return err
		}
	}
	if w.Value != cty.NilVal {
		if err := w.prepareValue(format); err != nil {
			return &resource.AttrError{Attr: "value", Err: err}
		}
	}
	s, err := w.Wish()
	if err != nil {
		return &resource.AttrError{Attr: "section", Err: err}
	}
	var of *edit.FieldError
	if err := s.Check(); errors.As(err, &of) {
		return &resource.AttrError{Attr: of.Field, Err: of.Err}
	} else if err != nil {
		return err
	}
	return nil
}

// prepareValue makes the value text, and a boolean the word that the reader of the file knows.
func (w *SettingWant) prepareValue(format edit.Format) error {
	if w.Value.Type() == cty.Bool && !w.Value.IsNull() && !format.IsTyped() {
		w.Boolean = resource.Some(w.Value.True())
		w.Value = cty.StringVal(w.dialect().WriteBool(w.Boolean.Value))
		return nil
	}
	text, err := SettingText(format, w.Value)
	w.Value = cty.StringVal(resource.EncodeText(text))
	return err
}

// dialect returns the dialect of the file: that of its path, unless the setting declares another format.
func (w *SettingWant) dialect() edit.Dialect {
	if known, dialect := edit.Known(w.Path.Bytes()); known == edit.Format(w.Format.Value) {
		return dialect
	}
	return edit.Common
}

// checkItems checks the words of a setting.
func (w *SettingAttrs) checkItems() error {
	sep := w.Separator.Or(" ")
	for _, item := range w.Items.Value {
		if item == "" || strings.TrimSpace(item) != item || strings.Contains(item, sep) || strings.TrimSpace(sep) == "" && strings.ContainsAny(item, " \t") {
			return attrError("items", "must be words without %q in them", sep)
		}
	}
	return require(len(w.Items.Value) > 0 && sep != "", "items and separator must not be empty")
}

// SettingText is a value as text: as JSON in a format whose values have types.
func SettingText(format edit.Format, v cty.Value) (string, error) {
	if v.IsNull() {
		return "", errors.New("must not be null")
	}
	value := resource.GoValue(v)
	if format.IsTyped() {
		if err := checkNumbers(value); err != nil {
			return "", err
		}
		return settingJSON(value)
	}
	switch value := value.(type) {
	case string:
		return value, nil
	case []any, map[string]any:
		return "", fmt.Errorf("must be text in a file of the format %s", format)
	default:
		return fmt.Sprint(value), nil
	}
}

// checkNumbers refuses whole numbers that would be rounded.
func checkNumbers(value any) error {
	switch v := value.(type) {
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		if r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64)); !ok || r.Cmp(new(big.Rat).SetInt(v)) != 0 {
			return errors.New("has a number that is too large to be written exactly")
		}
	case []any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func settingJSON(value any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSpace(out.String()), err
}

// ObservedText is a value of a file as text, in the form of [SettingText].
func ObservedText(format edit.Format, value any) (string, error) {
	if text, ok := value.(string); ok && !format.IsTyped() {
		return text, nil
	}
	if text, ok := value.(edit.Bare); ok {
		return string(text), nil
	}
	if x, ok := value.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) { // toml has these
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(x, 'g', -1, 64), "+")), nil
	}
	return settingJSON(value)
}

// Wish is the setting in the form of package edit.
func (w *SettingWant) Wish() (*edit.Setting, error) {
	format := edit.Format(w.Format.Value)
	s := &edit.Setting{
		Format: format, Key: resource.DecodeBytes(w.Key), Separator: resource.DecodeBytes(w.Separator.Or(" ")),
		Absent: w.IsAbsent(), Back: w.comesBack(),
	}
	switch w.Duplicates.Value {
	case "remove":
		s.Several = edit.RemoveSeveral
	case duplicatesKept:
		s.Several = edit.KeepSeveral
	}
	s.Dialect = w.dialect()
	if w.Items.Set {
		s.Items = []string{}
		for _, item := range w.Items.Value {
			s.Items = append(s.Items, resource.DecodeBytes(item))
		}
	}
	if section := resource.DecodeBytes(w.Section.Value); section != "" {
		s.Section = []string{section}
		if format.IsTyped() {
			var err error
			if s.Section, err = splitNames(section); err != nil {
				return nil, err
			}
		}
	}
	if w.Value == cty.NilVal || s.Items != nil {
		return s, nil
	}
	if w.Boolean.Set {
		s.Value = w.Boolean.Value
		return s, nil
	}
	var err error
	s.Value, err = wishedValue(format, resource.DecodeBytes(w.Value.AsString()))
	return s, err
}

// wishedValue is a value in the form of package edit, from the text that [SettingText] makes.
func wishedValue(format edit.Format, text string) (any, error) {
	switch {
	case !format.IsTyped():
		return text, nil
	case text == "": // the engine observes the present value
		return nil, nil
	case text == "nan" || strings.TrimPrefix(text, "-") == "inf":
		return strconv.ParseFloat(text, 64) // package edit has numbers
	case isPlainInteger(text): // the usual case
		return strconv.ParseInt(text, 10, 64)
	case !json.Valid([]byte(text)): // in the form of [ObservedText]
		return edit.Bare(text), nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return settingNumbers(v), err
}

// isPlainInteger reports whether a text is a number of JSON with so few digits that it is whole.
func isPlainInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && len(digits) < 18 && (digits[0] != '0' || text == "0") && strings.Trim(digits, "0123456789") == ""
}

// settingNumbers converts the numbers of a value to those of package edit.
func settingNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = settingNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = settingNumbers(v[k])
		}
	}
	return v
}

// splitNames splits names with dots between them. A name may be in double quotes.
func splitNames(s string) ([]string, error) {
	var out []string
	for {
		name, rest, _ := strings.Cut(s, ".")
		if strings.HasPrefix(s, `"`) {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, errors.New("has a quote without its end")
			}
			if name, err = strconv.Unquote(q); err != nil {
				return nil, errors.New("has a quote without its end")
			}
			if rest = s[len(q):]; rest != "" && rest[0] != '.' {
				return nil, errors.New("must have a dot behind a name in quotes")
			}
			rest = strings.TrimPrefix(rest, ".")
		}
		if name == "" {
			return nil, errors.New("must not have an empty name in it")
		}
		out = append(out, name)
		if rest == "" {
			return out, nil
		}
		s = rest
	}
}

func settingLinks(w SettingWant) resource.Links {
	format, dialect := edit.Known(w.Path.Bytes())
	if format != edit.Format(w.Format.Value) {
		format, dialect = edit.Format(w.Format.Value), edit.Common
	}
	section, key := dialect.OneName(format, w.Section.Value, w.Key)
	id := w.Format.Value + " "
	if section != "" || strings.HasPrefix(key, `"`) {
		id += strconv.Quote(section) + " "
	}
	id += key
	if w.Items.Set { // several resources may each have words of their own in one value
		sep := w.Separator.Or(" ")
		id = "items " + strconv.Quote(sep) + " " + strconv.Quote(strings.Join(w.Items.Value, sep)) + " " + id
	}
	return partLinks(w.PartPlace, id)
}

func settingNamed(id string) map[string]cty.Value {
	m := map[string]cty.Value{}
	if rest, ok := strings.CutPrefix(id, "items "); ok {
		sep, rest := quoted(rest)
		words, rest := quoted(rest)
		var items []cty.Value
		for word := range strings.SplitSeq(words, sep) {
			items = append(items, cty.StringVal(word))
		}
		m["separator"], m["items"], id = cty.StringVal(sep), cty.SetVal(items), rest
	}
	format, rest, _ := strings.Cut(id, " ")
	if slices.Contains(edit.Formats(), format) {
		m["format"] = cty.StringVal(format)
	}
	section, key := quoted(rest)
	if section != "" {
		m["section"] = cty.StringVal(section)
	}
	m["key"] = cty.StringVal(key)
	return m
}

// PlainText is the text of a JSON string; "" for anything else.
func PlainText(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) != nil {
		return ""
	}
	return text
}
