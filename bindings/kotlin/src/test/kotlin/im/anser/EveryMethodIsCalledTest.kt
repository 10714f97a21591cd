/** Runs last: every public function and property of the facade was called by some test of this run. */
package im.anser

import java.io.ByteArrayInputStream
import java.io.File
import java.lang.invoke.MethodType
import java.lang.reflect.Modifier
import org.jacoco.agent.rt.RT
import org.jacoco.core.analysis.Analyzer
import org.jacoco.core.analysis.CoverageBuilder
import org.jacoco.core.data.ExecutionDataReader
import org.jacoco.core.data.ExecutionDataStore
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test

@Order(Int.MAX_VALUE)
class EveryMethodIsCalledTest {
    /** What the compiler writes for data classes. */
    private val written = Regex("component\\d+|copy|equals|hashCode|toString")

    /** Fails at once in a build without encryption (StorageTest), and that leaves no trace in the coverage. */
    private val failsAtOnce = Regex("""im\.anser\.Storage\.rekey\(.*""")

    @Test
    fun `every public method of the facade was called`() {
        val called = coverage()
        val methods = facade().flatMap { type -> methodsOf(type).map { "${type.name}.$it" } }
            .filterNot(failsAtOnce::matches)
        val missing = methods.filter { called[it] != true }
        println("called ${methods.size - missing.size} of ${methods.size} public methods of the facade")
        assertEquals(emptyList<String>(), missing, "never called")
    }

    private val classes = File(Client::class.java.protectionDomain.codeSource.location.toURI())

    private fun facade() = classes.resolve("im/anser").listFiles().orEmpty()
        .filter { it.extension == "class" }
        .map { Class.forName("im.anser." + it.nameWithoutExtension) }
        // The adapters are `internal`, which is public to reflection; they are reached through listeners alone.
        .filter { Modifier.isPublic(it.modifiers) && !it.isAnonymousClass && !it.name.endsWith("Adapter") }

    /** Name and descriptor: overloads are told apart. */
    private fun methodsOf(type: Class<*>): List<String> {
        val (data, single) = type.declaredMethods.map { it.name }.let { ("copy" in it) to ("INSTANCE" in type.fieldNames()) }
        val methods = type.declaredMethods
            .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic && !Modifier.isAbstract(it.modifiers) }
            .filterNot { (data || single) && written.matches(it.name) || '$' in it.name }
            .map { it.name + MethodType.methodType(it.returnType, it.parameterTypes).toMethodDescriptorString() }
        val constructors = type.declaredConstructors
            .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic && !data }
            .map { "<init>" + MethodType.methodType(Void.TYPE, it.parameterTypes).toMethodDescriptorString() }
        return methods + constructors
    }

    private fun Class<*>.fieldNames() = declaredFields.map { it.name }

    /** Whether the body of "class.method" ran in this virtual machine. */
    private fun coverage(): Map<String, Boolean> {
        val data = ExecutionDataStore()
        ExecutionDataReader(ByteArrayInputStream(RT.getAgent().getExecutionData(false))).apply {
            setExecutionDataVisitor(data)
            setSessionInfoVisitor { }
            read()
        }
        val builder = CoverageBuilder()
        Analyzer(data, builder).analyzeAll(classes.resolve("im/anser"))
        return builder.classes.flatMap { type ->
            type.methods.map { method ->
                "${type.name.replace('/', '.')}.${method.name}${method.desc}" to (method.methodCounter.coveredCount > 0)
            }
        }.toMap()
    }
}
