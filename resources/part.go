package resources

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// PartPlace are the attributes of every kind of part of a file.
type PartPlace struct {
	Part      string                 `attr:"part"` // see [PartSetting]
	Path      resource.Text          `attr:"path"`
	Ensure    resource.Opt[string]   `attr:"ensure"`
	Create    resource.Opt[bool]     `attr:"create"`
	Verify    resource.Opt[[]string] `attr:"verify"`
	OnEdit    resource.Opt[string]   `attr:"on_edit"`
	Backup    resource.Opt[string]   `attr:"backup"`
	Sensitive resource.Opt[bool]     `attr:"sensitive"`
	Was       *resource.Blob         `attr:"was"` // a [PartPast]
}

// IsAbsent reports whether the part should not exist.
func (p *PartPlace) IsAbsent() bool { return p.Ensure.Value == "absent" }

// SettingAttrs are the attributes of a setting.
type SettingAttrs struct {
	Key        string                 `attr:"key"`
	Section    resource.Opt[string]   `attr:"section"`
	Value      cty.Value              `attr:"value"` // wanted and observed: text, in a typed format JSON
	Boolean    resource.Opt[bool]     `attr:"boolean"`
	Items      resource.Opt[[]string] `attr:"items,set"`
	Separator  resource.Opt[string]   `attr:"separator"`
	Format     resource.Opt[string]   `attr:"format"`
	Duplicates resource.Opt[string]   `attr:"duplicates"`
	Repeated   resource.Opt[[]string] `attr:"repeated"` // lines
}

// LineAttrs are the attributes of a line.
type LineAttrs struct {
	Line     resource.Opt[string] `attr:"line"`
	Match    resource.Opt[string] `attr:"match"`
	Multiple resource.Opt[string] `attr:"multiple"`
}

// BlockAttrs are the attributes of a block.
type BlockAttrs struct {
	Content *resource.Blob       `attr:"content"`
	Marker  string               `attr:"marker"`
	Comment resource.Opt[string] `attr:"comment"`
}

// PartUser is the user whose home contains the file that sshd or ssh reads.
type PartUser struct {
	User resource.Opt[string] `attr:"user"`
}

// KeyOptions are the options before a key. A wanted value has them as text, in the form of [edit.ParseKeyOptions].
type KeyOptions struct {
	Options cty.Value `attr:"options"`
}

// HostAttrs are the attributes of a known host. A wanted one has its keys as content, one a line.
type HostAttrs struct {
	Host string                 `attr:"host"`
	Keys resource.Opt[[]string] `attr:"keys"`
}

// Placing is the position of a new part in its file.
type Placing struct {
	After  resource.Opt[string] `attr:"after"`
	Before resource.Opt[string] `attr:"before"`
}

// Part is a wanted part of any kind, as the provider reads it.
type Part struct {
	PartPlace
	SettingAttrs
	LineAttrs
	BlockAttrs
	PartUser
	KeyOptions
	HostAttrs
	Placing
}

// LedgerKey is the key of the part, by the manifest's own path.
func (p *Part) LedgerKey() string {
	l := blockLinks(BlockWant{p.PartPlace, p.BlockAttrs, p.Placing})
	switch p.Part {
	case PartSetting:
		l = settingLinks(SettingWant{p.PartPlace, p.SettingAttrs})
	case PartLine:
		l = lineLinks(LineWant{p.PartPlace, p.LineAttrs, p.Placing})
	case PartAuthorizedKey, PartKnownHost:
		return resource.PartKey(string(p.Path), p.accessID())
	}
	return l.Provides[0]
}

// Values of the attribute "part", which distinguishes the kinds for the one provider that serves them.
const (
	PartSetting = "setting"
	PartLine    = "line"
	PartBlock   = "block"

	PartAuthorizedKey = "authorized_key"
	PartKnownHost     = "known_host"
	PartUserKeys      = "user" // its ssh_keys: all keys of a file
)

// PartPast is the state of a part before a change, as the journal keeps it.
type PartPast struct {
	Present bool         `json:"present"`
	Folder  string       `json:"folder,omitempty"` // made for the file
	Single  bool         `json:"single,omitempty"` // of a setting: it was assigned once
	Value   *string      `json:"value,omitempty"`
	Left    *string      `json:"left,omitempty"`  // of a line of fstab: the line after the change
	Items   []string     `json:"items,omitempty"` // those that the change adds or removes
	Created bool         `json:"created,omitempty"`
	At      string       `json:"at,omitempty"`   // the physical path of the file that was created, and of a line that may be in several; "": a version that did not keep it
	File    *FilePast    `json:"file,omitempty"` // removed with the change
	Hunks   []edit.Hunk  `json:"hunks,omitempty"`
	Ground  *edit.Ground `json:"ground,omitempty"` // nil: not known
	Bare    bool         `json:"bare,omitempty"`   // secrets and the exact bytes are forgotten

	Moved *PartPast `json:"moved,omitempty"` // its state in another file, from which it moved

	// Of, for all keys of a user, is the path of the changed file before the change, and that after a later move of
	// the home; "": a version that did not record it, and no home was moved.
	Of  string `json:"of,omitempty"`
	Now string `json:"now,omitempty"`
}

// FilePast is a file that was removed with the last of its parts.
type FilePast struct {
	Mode uint32 `json:"mode"`
	UID  uint32 `json:"uid"`
	GID  uint32 `json:"gid"`
	Text []byte `json:"text,omitempty"` // with its last part; kept only with that part
}

// Back returns the hunks that a rollback of a part applies, in a missing or an existing file.
func (past *PartPast) Back(missing bool) []edit.Hunk {
	switch {
	case past == nil:
		return nil
	case missing && past.File != nil && past.File.Text != nil:
		return []edit.Hunk{{Old: string(past.File.Text)}}
	}
	return past.Hunks
}

// GroundBack returns how a rollback of a part changes the ground of its file; nil if that is not known. A file that
// was removed with its parts is restored with its text, and the parts at their places in it.
func (past *PartPast) GroundBack(missing bool) *edit.Ground {
	if past == nil || missing && past.File != nil {
		return nil
	}
	return past.Ground
}

// linesOf returns how many lines the change made from the text of a line, and the removed lines that its match
// matches.
func (past *PartPast) linesOf(l edit.Line) (made int, removed string) {
	if past == nil {
		return 0, ""
	}
	for _, h := range past.Hunks {
		for text := range strings.Lines(h.New) {
			if l.Text != "" && strings.TrimRight(text, "\r\n") == l.Text {
				made++
			}
		}
		for text := range strings.Lines(h.Old) {
			if text = strings.TrimRight(text, "\r\n"); l.Text == "" && l.Absent && l.Match.MatchString(text) {
				removed += text + "\n"
			}
		}
	}
	return made, removed
}

// Past decodes the recorded past of a part; nil if there is none.
func (p *PartPlace) Past() *PartPast {
	if p.Was == nil {
		return nil
	}
	text, err := contentText(p.Was)
	if err != nil {
		return nil
	}
	var past PartPast
	if json.Unmarshal([]byte(text), &past) != nil {
		return nil
	}
	return &past
}

// comesBack reports whether a part is to be restored as it was.
func (p *PartPlace) comesBack() bool {
	if p.Was == nil {
		return false
	}
	text, err := contentText(p.Was)
	return err == nil && strings.HasPrefix(text, "{")
}

// JoinPartPasts joins the pasts that two changes of one part have recorded. The state is that before the first one;
// the bytes are those that take both back.
func JoinPartPasts(first, then string) string {
	var a, b PartPast
	if json.Unmarshal([]byte(resource.DecodeBytes(first)), &a) != nil || json.Unmarshal([]byte(resource.DecodeBytes(then)), &b) != nil {
		return first
	}
	isOther := a.Created && !b.Created                                                            // the file that was made no longer exists, but another one does
	if isMoved := a.At != "" && b.At != "" && a.At != b.At && !a.Created && !b.Created; isMoved { // the first file has the earlier text again
		a.Present, a.Value, isOther = b.Present, b.Value, true
	}
	if a.Left != nil && *a.Left != "" && a.Value != nil && b.Value != nil { // others may have edited it in between
		line, _ := edit.FstabBack(*a.Value, *a.Left, *b.Value)
		a.Value = &line
	}
	a.Left = b.Left
	a.Created, a.At, a.Folder, a.Moved = b.Created, b.At, b.Folder, nil
	a.Ground = edit.JoinGround(a.Ground, b.Ground, len(a.Hunks) == 0)
	if a.Bare = a.Bare || b.Bare; a.Bare { // bytes that take back only one of them restore nothing
		a.Hunks, a.Ground = nil, nil
	} else if isOther {
		a.Hunks = b.Hunks
	} else {
		a.Hunks = edit.Join(a.Hunks, b.Hunks)
	}
	text, err := json.Marshal(a)
	if err != nil {
		return first
	}
	return resource.EncodeText(string(text))
}

// partAttrs are the attributes that all kinds of parts share, around their own.
func partAttrs(what string, secretIf []string, own ...resource.Attr) []resource.Attr {
	out := []resource.Attr{
		{Name: "part", Computed: true, Internal: true, Option: true, Doc: "The kind of the part: `" + what + "`."},
		{
			Name: "path", Required: true, Wording: true, Public: true, Check: checkPartPath,
			Doc: "The file's absolute path. A symbolic link is followed. The file keeps its mode, owner, access lists and extended attributes.",
		},
	}
	out = append(out, own...)
	return append(out,
		ensureAttr(what, " `absent` removes it, also if it was there before converge; `--prune` puts back what was there before converge."),
		resource.Attr{Name: "create", Option: true, Public: true, Doc: "Create the file if it is missing, with mode 0644, or 0600 if the part is sensitive. Without it a missing file is an error, unless something that comes before may create it."},
		resource.Attr{
			Name: "verify", Option: true, OnPrune: true, Check: checkVerify,
			Doc: verifyDoc("file as it will be", ", which has all parts of the file that are changed together") + " `--prune` runs it as well, on what is left.",
		},
		resource.Attr{
			Name: "on_edit", Option: true, Public: true, OneOf: []string{"overwrite", "keep", "stop"},
			Doc: "The action on a part that was edited or removed since converge wrote it: `overwrite` (also when unset), `keep` (leave it as it is, and say so), or `stop` (fail). Edits of the rest of the file do not count.",
		},
		resource.Attr{
			Name: "backup", Option: true, Public: true, Check: checkBackup,
			Doc: "Keep the file as it was beside it, under its name with this suffix: `\".bak\"`, also for `true`. It replaces an older backup. All parts of the file that are changed together share one.",
		},
		resource.Attr{Name: "sensitive", Option: true, Doc: "Show the part nowhere: not in plans, events, errors or history."},
		resource.Attr{Name: "was", Computed: true, Internal: true, Option: true, SecretIf: secretIf, Doc: "What the part was before, for a rollback."},
	)
}

func placingAttrs() []resource.Attr {
	return []resource.Attr{
		{Name: "after", Option: true, Public: true, Check: checkRegexp, Doc: "Where it goes if it is not there yet: below the last line that this regular expression (RE2) matches, or below the block (`BEGIN`, `END`) which that is in. A line that is there already is never moved."},
		{Name: "before", Option: true, Public: true, Check: checkRegexp, Doc: "As `after`: above the first line that it matches. Without both it goes to the end of the file."},
	}
}

func checkPartPath(v cty.Value) error {
	if err := checkPath(v); err != nil {
		return err
	}
	return require(!strings.ContainsRune(v.AsString(), '#') && v.AsString() != "/", "must be the path of a file, without #")
}

func checkRegexp(v cty.Value) error {
	_, err := regexp.Compile(resource.DecodeBytes(v.AsString()))
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("is no regular expression: %s", describeRegexp(bad))
}

// describeRegexp describes the error in a regular expression.
func describeRegexp(e *syntax.Error) string {
	switch e.Code {
	case syntax.ErrMissingParen:
		return "a ) is missing; a parenthesis as such is written \\("
	case syntax.ErrUnexpectedParen:
		return "a ) has no ( before it; a parenthesis as such is written \\)"
	case syntax.ErrMissingBracket:
		return fmt.Sprintf("a ] is missing behind %q; a bracket as such is written \\[", e.Expr)
	case syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
		return fmt.Sprintf("%q has nothing before it that it could repeat; any text is .*, the sign as such has a \\ before it", e.Expr)
	case syntax.ErrInvalidPerlOp:
		return fmt.Sprintf("%q looks ahead or behind, which is not known here (RE2)", e.Expr)
	case syntax.ErrTrailingBackslash:
		return "it ends with a single backslash"
	}
	return fmt.Sprintf("%s: %q", e.Code, e.Expr)
}

// preparePlace normalizes the attributes that all parts share.
func (p *PartPlace) preparePlace(kind string) {
	p.Part, p.Path, p.Backup = kind, p.Path.Canonical(), normalBackup(p.Backup)
	if !p.IsAbsent() {
		p.Ensure = resource.Opt[string]{}
	}
}

func (p *Placing) preparePlacing() error {
	if p.After.Set && p.Before.Set {
		return attrError("before", "cannot be set together with after")
	}
	return nil
}

// partLinks returns the keys of a part: its own, with the path and the id, and those of the file and the folders that
// it needs.
func partLinks(place PartPlace, id string) resource.Links {
	p := string(place.Path)
	l := resource.Links{Provides: []string{resource.PartKey(p, id)}}
	key := "path:" + p
	l.Needs = []resource.Need{{Key: key, Reason: "it is a part of that file"}}
	for i := strings.LastIndexByte(key, '/'); i > len("path:"); i = strings.LastIndexByte(key[:i], '/') {
		l.Needs = append(l.Needs, resource.Need{Key: key[:i], Reason: "its file lies in that directory"})
	}
	switch made := "made:" + p; { // other parts of a missing file wait for it
	case place.Create.Value && !place.IsAbsent():
		l.Shares = append(l.Shares, made)
	case !place.IsAbsent():
		l.Needs = append(l.Needs, resource.Need{Key: made, Reason: "it makes the file"})
	}
	if dir := path.Dir(p); dir != "/" {
		l.Needs = append(l.Needs, resource.Need{Key: "path:" + dir + "/", Reason: "it makes that directory on the way"})
	}
	if unit := UnitOf(p); unit != "" { // the service comes after it
		l.Shares = append(l.Shares, "unit:"+unit)
	}
	needCheck(&l, place.Verify.Value)
	return linkManagerFile(l, p, nil)
}

// partNamed returns the attributes that name the part with a ledger key.
func partNamed(parse func(id string) map[string]cty.Value) func(key string) map[string]cty.Value {
	return func(key string) map[string]cty.Value {
		p, id, ok := resource.CutPartKey(key)
		if !ok {
			return map[string]cty.Value{}
		}
		m := parse(id)
		m["path"] = cty.StringVal(p)
		return m
	}
}

// quoted cuts a quoted text off the beginning of an id.
func quoted(id string) (text, rest string) {
	q, err := strconv.QuotedPrefix(id)
	if err != nil {
		return "", id
	}
	text, err = strconv.Unquote(q)
	if err != nil {
		return "", id
	}
	return text, strings.TrimPrefix(id[len(q):], " ")
}

// WholeFiles returns the paths of the files that a resource declares as a whole.
func WholeFiles(r *resource.Resource) (paths []string) {
	if r.Off || r.Kind.Links == nil {
		return nil
	}
	l := r.Links()
	for _, key := range l.Whole {
		if key == l.Provides[0] { // the key that identifies it on this machine
			key = r.Key
		}
		paths = append(paths, strings.TrimPrefix(key, "path:"))
	}
	return paths
}

type formatAttr struct {
	Format resource.Opt[string] `attr:"format"`
}

// PartsIn returns the files that a resource edits in parts.
func PartsIn(r *resource.Resource) []string {
	if p, _, ok := resource.CutPartKey(r.Key); ok {
		return []string{p}
	}
	if strings.HasPrefix(r.Key, "path:") || r.Kind.Links == nil { // the usual case
		return nil
	}
	return r.Links().Within
}
