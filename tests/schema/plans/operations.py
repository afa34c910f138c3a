"""Operations written by hand, each for something that plans have to get right.

Row 1 of every table belongs to the team that asks; rows of other teams follow later.
"""

from __future__ import annotations

from schema.ids import global_id
from tests.schema.plans.random_operations import Operation

ARCHIVE, PRINTER = global_id("Archive", 1), global_id("Printer", 1)
PROJECT, STRANGE = global_id("Project", 1), global_id("Project", 12)

_ALL_OF_ARCHIVES = """id databaseId name filename status createdAt startedAt completedAt duration
    estimatedDuration progress totalLayers filamentUsed filamentType cost failureReason notes tags
    fileProblem"""
_ALL_OF_PRINTERS = """id databaseId name model serialNumber ipAddress mqttPort ftpsPort cameraPort
    trust awaitingPlateClear requiresPlateClear queuePaused createdAt updatedAt
    canStart canPause canResume canStop"""
_ALL_OF_PROJECTS = """id databaseId name description color status targetCount settings visibility
    createdAt updatedAt completedCount archiveCount progress"""
_ALL_OF_SPOOLS = """id databaseId material brand color colorHex finish diameter netWeight
    remainingWeight spoolWeight purchasePrice costPerGram supplier purchaseDate notes lowStock
    trayUuid createdAt updatedAt"""
_ALL_OF_QUEUE_ITEMS = """id databaseId status position plate requirePreviousSuccess scheduledTime
    createdAt startedAt completedAt cancelRequestedAt attempts error uploadProgress"""
_STATUS = """status { state connection connectionDetail seq reportedAt progress remainingTime
    currentLayer totalLayers stage speedLevel chamberLight doorOpen firmwareVersion wifiSignal
    temperatures { nozzle nozzleTarget bed bedTarget chamber chamberTarget
        nozzles { index current target isActive diameter } }
    fans { part auxiliary chamber heatbreak }
    health { status errors { code severity module message wikiUrl } }
    ams { id kind humidity humidityLevel temperature dryingTime
        trays { slot present material color remaining isActive trayUuid } }
    externalSpools { slot present } }"""
_PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

# Every column of every type, where null is and where it is not.
_FIELDS = (
    f"{{ archives(first: 50) {{ totalCount nodes {{ {_ALL_OF_ARCHIVES} }} {_PAGE} }} }}",
    f"{{ printers {{ totalCount nodes {{ {_ALL_OF_PRINTERS} {_STATUS} }} {_PAGE} }} }}",
    f"{{ projects {{ totalCount nodes {{ {_ALL_OF_PROJECTS} }} {_PAGE} }} }}",
    f"{{ spools {{ totalCount nodes {{ {_ALL_OF_SPOOLS} }} {_PAGE} }} }}",
    "{ archives { nodes { filaments { material color grams meters spool { material } } } } }",
)
_PRODUCTS = (
    """{ products { totalCount nodes { id databaseId name description sku category
        estimatedPrintTime notes piecesPerPlate materialCost componentCost totalCost warnings
        createdAt updatedAt archive { id name } } } }""",
    """{ products { nodes { materials { id databaseId material color weight isRequired notes cost }
        components { id quantity notes cost component { name totalCost } } } } }""",
    """{ productionRuns { totalCount nodes { id databaseId runNumber status printerName startedAt
        completedAt estimatedPrintTime actualPrintTime estimatedTotalFilament actualTotalFilament
        qualityRating qualityNotes notes failureReason endsWithQueue createdAt updatedAt
        project { name } } } }""",
    """{ productionRuns { nodes { variance { materialGrams materialPercent time timePercent }
        cost { materialCost componentCost totalCost costPerPiece } } } }""",
    """{ productionRuns { nodes { items { id quantity successfulQuantity failedQuantity
        estimatedMaterialCost estimatedTotalCost product { name } }
        queueItems { id status } } } }""",
    """{ productionRuns { nodes { materials { estimatedWeight actualWeight spoolWeightBefore
        spoolWeightAfter estimatedPurge actualPurge costPerGram settledWeight spoolName } } } }""",
    """{ inventoryTransactions { totalCount nodes { id databaseId type weightBefore change
        weightAfter shortfall reason createdAt archive { name } user { name email uid }
        productionRun { runNumber } } } }""",
    """{ spools { nodes { transactions(first: 2, offset: 0) { totalCount nodes { id }
        pageInfo { hasNextPage endCursor } } } } }""",
    "{ projects { nodes { name productionRuns(first: 1) { totalCount nodes { runNumber } } } } }",
    "{ products(orderBy: {field: NOTES}) { edges { cursor node { notes } } } }",
    """{ spools { nodes { transactions(first: 1, offset: 1) { nodes { id }
        pageInfo { hasNextPage hasPreviousPage } } } } }""",
    "{ spools(orderBy: {field: COST_PER_GRAM}) { edges { cursor node { costPerGram } } } }",
    "{ productionRuns(orderBy: {field: ACTUAL_TOTAL_FILAMENT}) { edges { cursor } } }",
    "{ products(orderBy: {field: ESTIMATED_PRINT_TIME, direction: ASC}) { edges { cursor } } }",
    "{ productionRuns(orderBy: {field: QUALITY_RATING, direction: ASC}) { nodes { id } } }",
)
_QUEUE = (
    f"{{ queue(first: 50) {{ totalCount nodes {{ {_ALL_OF_QUEUE_ITEMS} }} {_PAGE} }} }}",
    "{ queue { nodes { id } edges { cursor } } }",
    "{ queue(first: 4, offset: 5) { nodes { id } pageInfo { hasPreviousPage hasNextPage } } }",
    "{ queue(last: 5) { nodes { id } pageInfo { hasPreviousPage hasNextPage } } }",
    "{ queue(filter: {status: []}) { totalCount nodes { id } } }",
    "{ queue(filter: {status: [PENDING, COMPLETED]}) { totalCount nodes { id status } } }",
    f'{{ queue(filter: {{printerId: "{PRINTER}"}}) {{ totalCount nodes {{ id }} }} }}',
    """{ queue { nodes { filaments { filament unit slot } options { timelapse anyColor }
        archive { name } result { name } printer { name } productionRun { runNumber }
        dispatch { stage printer { name } } } } }""",
)
_OTHERS = (
    """{ statistics { totalPrints successfulPrints failedPrints stoppedPrints successRate
        totalPrintTime totalFilamentUsed totalCost __typename } }""",
    f'{{ statistics(filter: {{printerId: "{PRINTER}"}}) {{ ... on Figures {{ a: totalCost }} }} }}',
    '{ statistics(filter: {startDate: "2026-03-01", endDate: "2026-03-04"}) { totalPrints } }',
    "{ viewer { role plan scopes user { id uid email name createdAt } team { id uid name } } }",
    f'{{ node(id: "{ARCHIVE}") {{ id __typename ... on Archive {{ name printer {{ id }} }} }} }}',
    f'{{ node(id: "{PRINTER}") {{ ... on Archive {{ name }} ... on Printer {{ model }} }} }}',
    f'{{ node(id: "{STRANGE}") {{ id ... on Project {{ name team {{ id }} }} }} }}',
    f'{{ a: node(id: "{PROJECT}") {{ ...N }} b: node(id: "{ARCHIVE}") {{ ...N }} }} '
    "fragment N on Node { id __typename ... on Project { progress } ... on Archive { tags } }",
    """{ printers { nodes { archives(first: 1, filter: {status: [SUCCESS]}) { totalCount } } } }""",
    "{ projects { nodes { archives { nodes { printer { archives { totalCount } } } } } } }",
    "{ archives { nodes { hasFile fileUrl } } }",
)
# Rows that point to rows, several levels of them, theirs and nobody's.
_RELATIONS = (
    "{ archives(first: 50) { nodes { name printer { id name } project { id name } } } }",
    f"{{ archives {{ nodes {{ printer {{ {_ALL_OF_PRINTERS} {_STATUS} }} }} }} }}",
    f"{{ archives {{ nodes {{ project {{ {_ALL_OF_PROJECTS} team {{ id uid name }} }} }} }} }}",
    "{ archives { nodes { project { name archives(first: 2) { nodes { name } } } } } }",
    "{ archives { nodes { printer { archives(first: 2) { nodes { name project { name } } } } } } }",
    "{ printers { nodes { name archives(first: 3) { edges { cursor node { id name } } } } } }",
    f"{{ printers {{ nodes {{ archives(first: 2) {{ {_PAGE} nodes {{ id }} }} }} }} }}",
    "{ printers { nodes { archives { nodes { filaments { spool { id } } } } } } }",
    """{ printers { nodes { archives(first: 5, orderBy: {field: NAME, direction: ASC},
        filter: {status: [SUCCESS, FAILED]}) { nodes { name status } } } } }""",
    """{ projects { nodes { name archives(first: 3) { nodes { name printer { name
        archives(first: 1) { nodes { name } } } } } } } }""",
    """{ printers { nodes { currentPrint { name filename progress remainingTime startedAt
        archive { id name printer { name } filaments { material } } } } } }""",
    f"""{{ printers {{ nodes {{ currentPrint {{ queueItem {{ {_ALL_OF_QUEUE_ITEMS}
        archive {{ name }} result {{ name }} printer {{ name }} }} }} }} }} }}""",
    """{ printers { nodes { currentPrint { queueItem { dispatch { stage createdAt commandedAt
        endedAt reason printer { name } } } } } } }""",
    "{ archives { nodes { printer { currentPrint { name archive { name } } } } } }",
    "{ spools { nodes { brand trayUuid loadedIn { amsUnit slot remaining printer { id } } } } }",
    "{ spools { nodes { loadedIn { amsUnit slot remaining } } } }",
    "{ archives { nodes { filaments { spool { loadedIn { slot printer { name } } } } } } }",
)
_LISTS = (
    "{ archives(first: 3) { nodes { id } } }",
    "{ archives(last: 2) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }",
    "{ archives(offset: 5, first: 4) { nodes { id } pageInfo { hasPreviousPage } } }",
    "{ archives(offset: 500) { nodes { id } pageInfo { startCursor endCursor } } }",
    "{ archives(first: 1) { edges { cursor } } }",
    "{ archives(first: 1) { pageInfo { startCursor } } }",
    "{ archives { totalCount } }",
    "{ archives { __typename edges { __typename node { __typename } } pageInfo { __typename } } }",
    "{ archives(filter: {}) { totalCount nodes { id } } }",
    "{ archives(filter: null, orderBy: null, first: null) { nodes { id } } }",
    '{ archives(filter: {search: "benchy"}) { totalCount nodes { id name } } }',
    '{ archives(filter: {search: "żółw 🐢"}) { totalCount nodes { id name } } }',
    '{ archives(filter: {search: "100%_"}) { totalCount nodes { id name } } }',
    '{ archives(filter: {search: ""}) { totalCount nodes { id name } } }',
    '{ archives(filter: {tag: "gift"}) { totalCount nodes { id tags } } }',
    '{ archives(filter: {tag: "Żółw"}) { totalCount nodes { id tags } } }',
    '{ archives(filter: {material: "pla"}) { totalCount nodes { id filamentType } } }',
    "{ archives(filter: {status: []}) { totalCount nodes { id } } }",
    "{ archives(filter: {status: [SUCCESS, SUCCESS]}) { totalCount nodes { id } } }",
    f'{{ archives(filter: {{printerId: "{PRINTER}"}}) {{ totalCount nodes {{ id }} }} }}',
    f'{{ archives(filter: {{printerId: "{PROJECT}"}}) {{ totalCount nodes {{ id }} }} }}',
    '{ archives(filter: {projectId: "nonsense"}) { totalCount nodes { id } } }',
    f'{{ archives(filter: {{projectId: "{STRANGE}"}}) {{ totalCount nodes {{ id }} }} }}',
    """{ archives(filter: {createdFrom: "2026-03-01T14:00:00+02:00",
        createdUntil: "2026-03-01T12:00:00.000120Z"}) { nodes { id createdAt } } }""",
    "{ archives(orderBy: {}) { nodes { id } } }",
    "{ archives(orderBy: {field: NAME}) { nodes { id name } } }",
    "{ archives(orderBy: {direction: ASC}) { edges { cursor node { id } } } }",
    "{ printers(filter: {state: [PRINTING, PAUSED, IDLE]}) { totalCount nodes { id } } }",
    "{ printers(filter: {state: []}) { totalCount nodes { id } } }",
    '{ printers(filter: {model: "pla", search: "e"}) { totalCount nodes { id model } } }',
    "{ printers(orderBy: {field: NAME, direction: DESC}) { edges { cursor } } }",
    '{ projects(filter: {status: ACTIVE, search: "e"}) { totalCount nodes { id } } }',
    "{ projects(orderBy: {field: UPDATED_AT}) { edges { cursor node { updatedAt } } } }",
    "{ spools(filter: {lowStock: true}) { totalCount nodes { lowStock remainingWeight } } }",
    "{ spools(filter: {lowStock: false, inStock: true}) { totalCount nodes { lowStock } } }",
    '{ spools(filter: {material: "PLA", brand: "Benchy"}) { totalCount nodes { material } } }',
    "{ spools(orderBy: {field: PURCHASE_PRICE}) { nodes { purchasePrice } } }",
    "{ spools(orderBy: {field: COST_PER_GRAM, direction: ASC}) { nodes { costPerGram } } }",
    "{ spools(orderBy: {field: BRAND, direction: ASC}, last: 3) { nodes { brand } } }",
    "{ spools(orderBy: {field: NOTES, direction: DESC}, offset: 2) { nodes { notes } } }",
)
_ONE = (
    f'{{ archive(id: "{ARCHIVE}") {{ name printer {{ name }} filaments {{ material }} }} }}',
    f'{{ archive(id: "{PRINTER}") {{ name }} }}',
    '{ archive(id: "") { name } }',
    f'{{ archive(id: "{global_id("Archive", 2**31 - 1)}") {{ name }} }}',
    f'{{ archive(id: "{global_id("Archive", 60)}") {{ name }} }}',
    f'{{ project(id: "{PROJECT}") {{ {_ALL_OF_PROJECTS} }} }}',
    f'{{ project(id: "{STRANGE}") {{ id name }} }}',
    f'{{ printer(id: "{PRINTER}") {{ {_ALL_OF_PRINTERS} {_STATUS} }} }}',
    '{ spool(id: "U3Bvb2w6bm9uc2Vuc2U=") { id } }',
    f'{{ a: archive(id: "{ARCHIVE}") {{ id }} b: archive(id: "{ARCHIVE}") {{ name }} }}',
)
_LANGUAGE = (
    "{ a: archives(first: 1) { nodes { id } } b: archives(first: 2) { nodes { n: name } } }",
    "{ __typename archives(first: 1) { nodes { id } } }",
    "{ t: __typename }",
    "{ archives { nodes { id } nodes { name } edges { node { id } } edges { node { status } } } }",
    "{ archives { nodes { printer { id } } nodes { printer { name } project { name } } } }",
    "{ archives { ... { nodes { id } } ... on ArchiveConnection { nodes { name } } } }",
    "{ archives { nodes { ... on Node { id } ... on Archive { name } } } }",
    "{ archives { nodes { ...A ...A } } } fragment A on Archive { id ...B } "
    "fragment B on Archive { name printer { ...C } } fragment C on Node { id __typename }",
    "{ archives { nodes { id @skip(if: true) name @include(if: false) status } } }",
    "{ archives @skip(if: true) { nodes { id } } printers { nodes { id } } }",
    "{ archives { nodes { ... @include(if: false) { id } ...A @skip(if: true) name } } } "
    "fragment A on Archive { status }",
    "{ archives(first: 1) { nodes { zulu: id alpha: name mike: status } } }",
    "{ archives(first: 1) { nodes { None: id True: name lambda: status } } }",
)
_VARIABLES = (
    Operation(
        "query($yes: Boolean!) { archives { nodes { id name @include(if: $yes) } } }",
        {"yes": True},
    ),
    Operation(
        "query($yes: Boolean!) { archives { nodes { id name @include(if: $yes) } } }",
        {"yes": False},
    ),
    Operation("query($yes: Boolean = true) { archives { nodes { id name @skip(if: $yes) } } }"),
    Operation(
        "query($n: Int!, $after: String) { archives(first: $n, after: $after) { nodes { id } } }",
        {"n": 3, "after": None},
    ),
    Operation("query($n: Int! = 2) { archives(first: $n) { nodes { id } } }"),
    Operation("query($n: Int = 2) { archives(first: $n) { nodes { id } } }", {"n": None}),
    Operation("query($n: Int) { archives(first: $n) { nodes { id } } }"),
    Operation(
        "query($f: ArchiveFilter) { archives(filter: $f) { totalCount nodes { id } } }",
        {"f": {"status": ["SUCCESS"], "search": "e"}},
    ),
    Operation(
        "query($s: [ArchiveStatus!]) { archives(filter: {status: $s}) { totalCount } }",
        {"s": "FAILED"},
    ),
    Operation("query($s: String) { archives(filter: {search: $s}) { totalCount } }"),
    Operation("query($id: ID!) { archive(id: $id) { name } }", {"id": ARCHIVE}),
    Operation("query($id: ID!) { archive(id: $id) { name } }", {"id": 7}),
    Operation(
        "query($d: OrderDirection!) { archives(orderBy: {direction: $d}) { totalCount } }",
        {"d": "ASC"},
    ),
    Operation(
        "query($a: Int!, $b: Int!) { printers(first: $a) { nodes { "
        "archives(first: $b) { nodes { id } } } } }",
        {"a": 2, "b": 1},
    ),
)
OPERATIONS = (
    *map(Operation, (*_FIELDS, *_PRODUCTS, *_QUEUE, *_OTHERS)),
    *map(Operation, (*_RELATIONS, *_LISTS, *_ONE, *_LANGUAGE)),
    *_VARIABLES,
)
# What is wrong is said by the resolvers, and what they alone can do.
LEFT_TO_RESOLVERS = (
    Operation("{ archives(first: 0) { nodes { id } } }"),
    Operation("{ archives(first: 1, last: 1) { nodes { id } } }"),
    Operation('{ archives(after: "nonsense") { nodes { id } } }'),
    Operation('{ printers(after: "WyJhcmNoaXZlcyJd") { nodes { id } } }'),
    Operation("{ archives(offset: -1) { nodes { id } } }"),
    Operation("{ printers { nodes { archives(first: 101) { nodes { id } } } } }"),
    Operation("query($n: Int!) { archives(first: $n) { nodes { id } } }", {"n": "three"}),
    Operation("query($n: Int!) { archives(first: $n) { nodes { id } } }"),
    Operation("{ printer { id } }"),
    Operation("{ products(orderBy: {field: TOTAL_COST}) { nodes { id } } }"),
    Operation('{ node(id: "nonsense") { id } }'),
    Operation("{ archives { nodes { plates { number } } } }"),
    Operation('{ printer(serialNumber: "x") { id } }'),
    Operation("{ __schema { queryType { name } } }"),
)
