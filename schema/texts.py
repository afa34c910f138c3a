"""Descriptions of what many fields share: arguments and values of enums, one row each."""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

ARGUMENTS = {
    "first": "How many nodes from the start, 1 to 100; 20 when nothing is asked.",
    "after": "Begin behind this cursor.",
    "last": "How many nodes from the end, 1 to 100.",
    "before": "End before this cursor.",
    "offset": "Skip this many nodes, for clients that number pages.",
    "filter": "Which rows.",
    "orderBy": "In which order.",
    "input": "What to do.",
    "id": "Global id.",
    "ids": "Global ids, at most 100.",
    "serialNumber": "Serial number.",
    "printerIds": "These printers; all of the team without it.",
    "printerId": "This printer; all of the team without it.",
    "spoolId": "This spool; all of the team without it.",
    "types": "These events; all without it.",
}

VALUES = {
    "ArchiveOrderField.CREATED_AT": "By the time it was made.",
    "ArchiveOrderField.NAME": "By title.",
    "ArchiveStatus.READY": "Uploaded and not printed yet.",
    "ArchiveStatus.PRINTING": "Being printed.",
    "ArchiveStatus.SUCCESS": "Printed to the end.",
    "ArchiveStatus.FAILED": "Ended by a fault.",
    "ArchiveStatus.STOPPED": "Ended by somebody.",
    "ChangeReason.CREATED": "It was made.",
    "ChangeReason.UPDATED": "It was changed.",
    "ChangeReason.MOVED": "Its place in the order changed.",
    "ChangeReason.DELETED": "It is gone.",
    "ConnectionState.CONNECTING": "The first connection is being made.",
    "ConnectionState.CONNECTED": "Reports arrive and commands are obeyed.",
    "ConnectionState.STALE": "No report for a minute; what is shown is old.",
    "ConnectionState.OFFLINE": "It cannot be reached.",
    "ConnectionState.ACCESS_CODE_REJECTED": "It refuses the access code.",
    "ConnectionState.SERIAL_MISMATCH": "Another printer answers at this address.",
    "ConnectionState.CERTIFICATE_REJECTED": "It shows another key than the one that was trusted.",
    "ConnectionState.CONTROL_REFUSED": "Reports arrive, commands are refused (Developer Mode).",
    "ErrorCode.NOT_FOUND": "There is no such row.",
    "ErrorCode.CONFLICT": "The present state forbids it.",
    "ErrorCode.INVALID": "The input is out of its range or form.",
    "ErrorCode.FORBIDDEN": "The credential may not do this.",
    "ErrorCode.UNREACHABLE": "The printer did not answer.",
    "ErrorCode.INSUFFICIENT_FILAMENT": "The spool holds less than what was asked for.",
    "ErrorCode.IN_USE": "It was used, so its record must stay.",
    "ErrorCode.NOT_CONNECTED": "There is no live connection to the printer.",
    "HmsSeverity.FATAL": "The printer cannot go on.",
    "HmsSeverity.SERIOUS": "The print is in danger.",
    "HmsSeverity.COMMON": "Somebody should look.",
    "HmsSeverity.INFO": "Good to know.",
    "HmsStatus.OK": "Nothing to look at.",
    "HmsStatus.WARNING": "Something to look at.",
    "HmsStatus.ERROR": "Something is wrong.",
    "InventoryTransactionType.USAGE": "Used for printing.",
    "InventoryTransactionType.WASTE": "Lost.",
    "InventoryTransactionType.ADJUSTMENT": "Weighed again.",
    "InventoryTransactionType.PURCHASE": "Bought.",
    "InventoryTransactionType.RETURN": "Given back.",
    "OrderDirection.ASC": "Lowest, earliest or first in the alphabet first.",
    "OrderDirection.DESC": "Highest, latest or last in the alphabet first.",
    "Plan.FREE": "The smallest allowance.",
    "Plan.PRO": "A larger allowance.",
    "Plan.PROFESSIONAL": "The same as PRO under its other name.",
    "Plan.ENTERPRISE": "An allowance of its own.",
    "PrinterOrderField.ID": "In the order they were added.",
    "PrinterOrderField.NAME": "By name.",
    "PrinterOrderField.CREATED_AT": "By the time they were added.",
    "PrinterState.OFFLINE": "It cannot be reached.",
    "PrinterState.IDLE": "It waits for something to do.",
    "PrinterState.PREPARING": "It prepares a print.",
    "PrinterState.PRINTING": "It prints.",
    "PrinterState.PAUSED": "A print stands still.",
    "PrinterState.FINISHED": "Its last print ended well.",
    "PrinterState.FAILED": "Its last print did not end well.",
    "PrinterState.UNKNOWN": "It was never heard of.",
    "PrinterTrust.PINNED": "Its certificate names its serial, and its key is kept at first sight.",
    "PrinterTrust.AUTHORITY": "Its certificate comes from the configured authority.",
    "PrinterTrust.NONE": "It does not have to prove anything.",
    "ProjectOrderField.CREATED_AT": "By the time it was made.",
    "ProjectOrderField.NAME": "By name.",
    "ProjectStatus.ACTIVE": "Being worked on.",
    "ProjectStatus.COMPLETED": "Done.",
    "ProjectStatus.ARCHIVED": "Put away.",
    "QueueStatus.PENDING": "Waiting.",
    "QueueStatus.UPLOADING": "Being sent to the printer.",
    "QueueStatus.PRINTING": "Being printed.",
    "QueueStatus.COMPLETED": "Printed.",
    "QueueStatus.FAILED": "Could not be printed.",
    "QueueStatus.CANCELLED": "Taken back.",
    "QueueStatus.SKIPPED": "Passed over.",
    "Role.OWNER": "Everything, and the team itself.",
    "Role.ADMIN": "Everything.",
    "Role.OPERATOR": "Everything but printers, keys and people.",
    "Role.VIEWER": "Looking.",
    "Scope.READ": "Read everything of the team.",
    "Scope.QUEUE": "Change the print queue.",
    "Scope.CONTROL": "Act on printers.",
    "Scope.LIBRARY": "Upload and change files.",
    "Scope.INVENTORY": "Change spools.",
    "Scope.ARCHIVES": "Change the history.",
    "Scope.PROJECTS": "Change projects.",
    "Scope.ADMIN": "Change printers, keys and people.",
    "SpeedLevel.SILENT": "Half speed, quiet.",
    "SpeedLevel.STANDARD": "Normal speed.",
    "SpeedLevel.SPORT": "A quarter faster.",
    "SpeedLevel.LUDICROUS": "Two thirds faster.",
    "SpoolOrderField.CREATED_AT": "By the time it was added.",
    "SpoolOrderField.MATERIAL": "By material.",
    "SpoolOrderField.COLOR": "By colour.",
    "SpoolOrderField.REMAINING_WEIGHT": "By what is left.",
    "StatusReason.REPORT": "The printer reported a change.",
    "StatusReason.CONNECTION": "The connection changed.",
    "StatusReason.RUN": "A print was recorded, or its record changed.",
    "StatusReason.RESTORED": "It was known before this subscription began.",
}


def describe(schema: GraphQLSchema) -> None:
    """Write the shared descriptions into a built schema."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                text = VALUES.get(f"{kind.name}.{name}")
                if kind.name == "FarmEventType":
                    text = name.replace("_", " ").capitalize() + "."
                value.description = value.description or text
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                for name, argument in field.args.items():
                    argument.description = argument.description or ARGUMENTS.get(name)
