extension Page {
    /// Light and dark as the reader has it; one column on a phone; black on white in print.
    static let style = """
        :root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c1e21;--soft:#5b6068;--rule:#dfe1e4;--one:#2160c4;\
        --two:#b4490c;--three:#187a45;--fault:#c4282833;--held:#187a45;--broken:#b3201f}
        @media (prefers-color-scheme:dark){:root{--paper:#15171a;--card:#1d2024;--ink:#e8eaed;--soft:#a0a6af;--rule:#353a41;\
        --one:#7fb0ff;--two:#ffa466;--three:#63d297;--fault:#ff6b6b3d;--held:#63d297;--broken:#ff8a84}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:1.5rem 1rem;max-width:72rem;background:var(--paper);color:var(--ink);\
        font:16px/1.5 system-ui,sans-serif}
        h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .75rem}
        p{margin:.4rem 0}
        .verdict{font-weight:600;padding:.5rem .8rem;border-left:5px solid;background:var(--card)}
        .held{border-color:var(--held)}.broken{border-color:var(--broken);color:var(--broken)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.75rem;margin-top:1.25rem}
        .tiles div,figure{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.75rem .9rem}
        .tiles b{display:block;font-size:1.35rem;line-height:1.25;font-variant-numeric:tabular-nums}
        .tiles span,.note,.legend,.missing{color:var(--soft);font-size:.85rem}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;align-items:start}
        figure{margin:0;min-width:0;break-inside:avoid}
        figcaption{font-weight:600;margin-bottom:.3rem}
        figure>svg{width:100%;height:auto;display:block}
        .legend span{margin-right:1.2em;white-space:nowrap}.legend svg{width:24px;height:8px;margin-right:.4em}
        text{font:11.5px system-ui,sans-serif;fill:var(--soft)}text.title{fill:var(--ink)}
        .grid{stroke:var(--rule);fill:none}.axis{stroke:var(--soft);fill:none}
        .line{fill:none;stroke-width:2;stroke-linejoin:round}
        .s1{stroke:var(--one)}.s2{stroke:var(--two);stroke-dasharray:7 3}.s3{stroke:var(--three);stroke-dasharray:2 3}
        .bar{fill:var(--one)}.fault{fill:var(--fault)}.reference{stroke:var(--two);stroke-dasharray:7 3;fill:none}
        .legend.symbols svg{width:20px;height:15px;margin-right:.3em;vertical-align:-3px}
        .relay{fill:var(--soft)}.personal{fill:var(--ink)}.new{fill:var(--two)}
        .hidden{fill:var(--card);stroke:var(--soft);stroke-width:1.2}
        .liar{stroke:var(--broken);stroke-width:1.8;fill:none}.sample{fill:none;stroke-width:2;stroke-dasharray:none}
        .knows{fill:none;stroke-width:.8;opacity:.6}
        .keeper,.keeps{fill:var(--three)}.closest{fill:none;stroke:var(--ink);stroke-width:1.3}
        .lacks{fill:none;stroke:var(--soft);stroke-dasharray:3 2}
        .mailbox{fill:var(--card);stroke:var(--ink);stroke-width:1.4;stroke-linejoin:round}.pointer{stroke:var(--ink)}
        text.bits{paint-order:stroke;stroke:var(--card);stroke-width:4px}
        table{width:100%;border-collapse:collapse;font-size:.85rem}
        th{text-align:left;font-weight:600;color:var(--soft)}td,th{padding:.2rem .3rem;vertical-align:top}
        .number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        .lying{display:block;height:5px;min-width:1px;background:var(--one);border-radius:2px;print-color-adjust:exact}
        pre{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.6rem .8rem;\
        font-size:.8rem}
        .violations li{margin-bottom:.8rem;overflow-wrap:anywhere}.violations h2{color:var(--broken)}
        @media (min-width:60rem){figure:has(tr:nth-child(12)){grid-row:span 2}}
        @media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb;--one:#2160c4;--two:#b4490c;\
        --three:#187a45}body{padding:0;max-width:none}.cards{grid-template-columns:1fr 1fr}pre{white-space:pre-wrap}}
        """
}
