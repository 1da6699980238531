package resources

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// AllSwap is the path of the one resource that means all swap space.
const AllSwap = "*"

// PartSwap is the value of the attribute "part" of swap space, which distinguishes it from a mount for the one
// provider that serves both.
const PartSwap = "swap"

// SwapWant is the struct of the kind swap.
type SwapWant struct {
	Part     string                 `attr:"part"` // [PartSwap]
	Path     resource.Text          `attr:"path"`
	Ensure   resource.Opt[string]   `attr:"ensure"`
	Size     resource.Opt[string]   `attr:"size"`
	Priority resource.Opt[int64]    `attr:"priority"`
	Saved    resource.Opt[string]   `attr:"saved"` // lines of fstab; "": none
	Live     resource.Opt[string]   `attr:"live"`  // see [SwapState]; "": it is not used
	Units    resource.Opt[[]string] `attr:"units"` // units of systemd that provide swap space without a line
	Was      *resource.Blob         `attr:"was"`   // a [PartPast] of the lines
}

// IsAbsent reports whether the swap space should not exist.
func (w *SwapWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// IsLineless reports whether there should be no line. A rollback may want the file without one, as a killed run left
// it.
func (w *SwapWant) IsLineless() bool { return w.IsAbsent() || w.Saved.Set && w.Saved.Value == "" }

// IsAll reports whether the resource means all swap space.
func (w *SwapWant) IsAll() bool { return w.Path == AllSwap }

// Swap is the kind of swap space. A provider of nil serves documentation and validation.
func Swap(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "swap",
		Doc: "Swap space in a file or on a device: its line in `/etc/fstab`, and whether it is in use now. converge compares both, each by itself.\n\n" +
			"With `size` it is a file that converge makes. A device must have been prepared by `mkswap`; converge formats none. If a new file cannot be used, it is removed again. " +
			"`swap \"*\" { ensure = \"absent\" }` means all swap space: it is no longer used, its lines in `/etc/fstab` become comments, and units of systemd that bring other swap space are masked; other swap space in this manifest, or that of another site, is an error. A rollback uses the space again, restores the lines, and unmasks those units.\n\n" +
			"converge takes no swap space out of use whose content would not fit into the memory that is available. With `--root`, converge manages the line and the file.",
		Example: "swap \"/swapfile\" {\n  size = \"2G\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[SwapWant]([]resource.Attr{
			{Name: "part", Computed: true, Internal: true, Option: true, Doc: "The kind of the lines in `/etc/fstab`: `swap`."},
			{Name: "path", Required: true, Public: true, Check: checkSwapPath, Doc: "The file or the device, as an absolute path; `*` for all swap space, which can only be absent."},
			ensureAttr("swap space", " `absent` takes it out of use and removes its line, and its file if that holds nothing but swap space."),
			{Name: "size", Check: checkSwapSize, Same: sameSwapSize, Doc: "The size of the file that converge makes: a number of bytes, or with `K`, `M`, `G` or `T` of 1024 each: `\"2G\"`. Swap space of another size is made anew; a file without the mark of `mkswap` is no swap space, and an error. Unset: the file or the device must exist, prepared by `mkswap`."},
			{Name: "priority", Option: true, Check: checkSwapPriority, Doc: "The priority, 0 to 32767: higher ones are used first. Unset: the kernel chooses, and the option is not managed."},
			{Name: "saved", Computed: true, Loses: resource.Empties, Doc: "The line in `/etc/fstab`; empty if there is none."},
			{Name: "live", Computed: true, Live: true, Loses: resource.Empties, Doc: "Whether it is in use now, with its priority; empty if it is not."},
			{Name: "units", Computed: true, Internal: true, Loses: resource.Empties, Doc: "The units of systemd that bring swap space without a line, which a rollback restores."},
			{Name: "was", Computed: true, Internal: true, Option: true, Doc: "What the lines were before, for a rollback."},
		}),
		Prepare:    resource.Preparing(prepareSwap),
		Links:      resource.Reading(swapLinks),
		Contradict: joinContradictions(allSwapContradictions, ownerContradictions("swap")),
		Revert:     resource.Reverting(revertSwap),
		Restores:   true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Provider:       p,
	}
}

func checkSwapPath(v cty.Value) error {
	if v.AsString() == AllSwap {
		return nil
	}
	return checkPath(v)
}

func checkSwapPriority(v cty.Value) error {
	n, _ := v.AsBigFloat().Int64()
	return require(n >= 0 && n <= 32767, "must be a number from 0 to 32767")
}

// minSwap is the least size of swap space in bytes: mkswap refuses fewer pages.
const minSwap = 64 << 10

func checkSwapSize(v cty.Value) error {
	n, err := SwapSize(v.AsString())
	if err != nil {
		return err
	}
	return require(n >= minSwap && n%4096 == 0, "must be at least 64K, and a multiple of 4K")
}

// SwapSize reads a size in bytes.
func SwapSize(text string) (int64, error) {
	number := strings.TrimRight(text, "KMGT")
	shift, known := map[string]uint{"": 0, "K": 10, "M": 20, "G": 30, "T": 40}[text[len(number):]]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !known || n < 0 || n > math.MaxInt64>>shift {
		must := "must be a number of bytes, or one with K, M, G or T right behind it"
		if m := regexp.MustCompile(`^(\d+) *([KMGTkmgt])(?:i?[Bb])?$`).FindStringSubmatch(text); m != nil {
			return 0, fmt.Errorf("%s. Here that is %q", must, m[1]+strings.ToUpper(m[2]))
		}
		return 0, fmt.Errorf(`%s, such as "2G"`, must)
	}
	return n << shift, nil
}

func sameSwapSize(have, want cty.Value) bool {
	a, aerr := SwapSize(have.AsString())
	b, berr := SwapSize(want.AsString())
	return aerr == nil && berr == nil && a == b
}

func prepareSwap(_ resource.Input, w *SwapWant) error {
	w.Part, w.Path = PartSwap, w.Path.Canonical()
	if w.IsAll() && !w.IsAbsent() {
		return attrError("ensure", "must be absent for all swap space")
	}
	if w.IsAbsent() {
		*w = SwapWant{Part: w.Part, Path: w.Path, Ensure: w.Ensure}
		return nil
	}
	w.Ensure = resource.Opt[string]{}
	line := edit.FstabFields{string(w.Path), "none", "swap", edit.FstabAny, edit.FstabAny, edit.FstabAny}
	if w.Priority.Set {
		line[edit.FstabOptions] = "sw,pri=" + strconv.FormatInt(w.Priority.Value, 10)
	}
	w.Saved = resource.Some(line.Wanted())
	w.Live = resource.Some(SwapState(w.Priority.Pointer()))
	return nil
}

// SwapState describes swap space that is in use, with its priority if that is known.
func SwapState(priority *int64) string {
	if priority == nil {
		return "in use"
	}
	return "in use, priority " + strconv.FormatInt(*priority, 10)
}

func swapLinks(w SwapWant) resource.Links {
	l := resource.Links{Provides: []string{"swap:" + string(w.Path)}, Within: []string{Fstab}}
	l.Needs = []resource.Need{{Key: "path:" + Fstab, Reason: "its line is a part of that file"}}
	if w.IsAll() {
		return l
	}
	l.Shares = []string{"unit:" + MountUnit(string(w.Path), "swap")}
	l.Within = append(l.Within, string(w.Path))
	dir := path.Dir(string(w.Path))
	if dir != "/" {
		l.Needs = append(l.Needs, needsOfPath("path:"+dir, "it lies in that directory")...)
	}
	return l
}

// allSwapContradictions finds swap space that is declared beside a resource that forbids all swap space.
func allSwapContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	var all *resource.Resource
	var areas []*resource.Resource
	for _, r := range rs {
		if r.Off || r.Kind.Name != "swap" {
			continue
		}
		switch w := resource.Must[SwapWant](r.Want); {
		case w.IsAll():
			all = r
		case !w.IsAbsent():
			areas = append(areas, r)
		}
	}
	if all == nil {
		return nil
	}
	for _, r := range areas {
		diags = append(diags, contradiction(r, all, r.Addr.String()+" declares swap space, and "+all.Addr.String()+" wants the host to have none.",
			"remove one of them, or name each swap space that is to be absent by its path"))
	}
	return diags
}

// revertSwap is Undo for swap space: it restores the old lines, byte by byte unless they were edited since. Swap space
// that was in use is used again.
func revertSwap(p resource.Past, before, after SwapWant) ([]resource.RevertTarget, error) {
	targets, err := p.RevertAttrs(nil)
	if err != nil || len(targets) == 0 {
		return targets, err
	}
	targets[0].Want["part"] = cty.StringVal(PartSwap)
	if targets[0].Made != nil {
		targets[0].Made["part"] = targets[0].Want["part"]
	}
	was := before.Was
	if was == nil {
		was = after.Was
	}
	setPast(targets[0].Want, was)
	return targets, nil
}
