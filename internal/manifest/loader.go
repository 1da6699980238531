package manifest

import (
	"context"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/eval"
	"converge/internal/manifest/functions"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// loader is the state of one Load.
type loader struct {
	ctx   context.Context
	opts  Options
	host  *hostFacts
	kinds *kindInfos
	types refTypes
	files *source.Files
	funcs *hcl.EvalContext // functions that need no module
	met   *eval.Met
	eval  *eval.Evaluator
	pool  resource.Pool // values that resources share

	complete *unevaluated // shared by all constant blocks: empty, and never changed

	folders int // modules

	mods []*module // every module, parents first

	patterns []*module // modules that are checked only
	waiting  []*call   // module blocks with for_each or when
	chain    []needed  // what is being evaluated, see expandModules

	given givenTexts // of the command line and the environment
}

// newLoader returns the state of a Load that ends with ctx. It may go on reading input until stop returns an error.
func newLoader(ctx context.Context, stop func() error, o Options) *loader {
	l := &loader{ctx: ctx, opts: o, kinds: newKindInfos(o.Kinds), types: newRefTypes(), met: &eval.Met{}, given: givenTexts{}, complete: &unevaluated{}}
	l.files = source.New(source.Options{VarFiles: o.VarFiles, Disk: o.Disk, Stop: stop, Unsaved: o.Unsaved})
	l.eval = eval.New(l.met, eval.Options{MaxTime: o.maxTime, Stopped: ctx.Err, Source: l.files.TextAt, Refine: templatePlaces{l.files}.refine, Cheap: functions.AllCheap()})
	l.host = newHostFacts(o)
	l.funcs = &hcl.EvalContext{Functions: l.functions()}
	return l
}

// stopped reports whether the result is no longer wanted.
func (l *loader) stopped() bool { return l.ctx.Err() != nil }

// functions returns the functions that need no module.
func (l *loader) functions() map[string]function.Function {
	out := functions.PureFunctions(l.met.Allow)
	out["immediately"] = l.types.timingFunc(resource.Immediately)
	out["before"] = l.types.timingFunc(resource.Before)
	return out
}
